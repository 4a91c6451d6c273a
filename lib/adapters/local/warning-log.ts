import type { Log } from '../../host/log.ts'
import { warningOf } from '../../model/events.ts'
import { visibleLine } from '../../model/visible.ts'

/** Says on stderr what a program should know even when nobody listens: warnings, one line each. */
export const warningLog: Log = {
  event: (event) => {
    const words = warningOf(event)
    if (words !== null) process.stderr.write(`sluice: ${visibleLine(words)}\n`)
  },
}
