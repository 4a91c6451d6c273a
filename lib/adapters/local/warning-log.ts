import type { Log } from '../../host/log.ts'
import { visibleLine } from '../../model/visible.ts'

/** Says on stderr what a program should know even when nobody listens: warnings, one line each. */
export const warningLog: Log = {
  event: ({ level, type, message, error }) => {
    if (level !== 'warn') return
    const words = [message, error]
      .filter((part) => part !== undefined && part !== '')
      .map(String)
      .join(': ')
    process.stderr.write(`sluice: ${visibleLine(words === '' ? type : words)}\n`)
  },
}
