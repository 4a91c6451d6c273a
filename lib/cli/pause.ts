import { hostname, userInfo } from 'node:os'
import { changeControl } from '../checkpoint/control.ts'
import { systemClock } from '../adapters/local/system-clock.ts'
import { type Control, pausedWords } from '../model/control.ts'
import type { Head } from '../model/head.ts'
import { readArguments } from './arguments.ts'
import { openControl } from './stored-app.ts'
import { placeFlags, type StoredPlace, storedPlace } from './stored-place.ts'
import { count } from './units.ts'
import { usageError } from './usage.ts'

const flags = { ...placeFlags, app: { kind: 'text' }, json: { kind: 'switch' } } as const

/** What the record is to become, and what is said about it. */
interface Change {
  readonly step: (control: Control) => Control
  readonly said: (before: Control) => string
}

/** Keeps an app from beginning batches, wherever it runs, until it is resumed. */
export const pause = (args: readonly string[]): Promise<number> =>
  steer('pause', args, (head, { typed }) => {
    const paused = { since: systemClock.now(), by: whoWeAre() }
    return {
      // Who was first is known as who paused it.
      step: (control) => ({ ...control, paused: control.paused ?? paused }),
      said: ({ paused: before }) =>
        before === null
          ? `begins no batch after #${count(head.committed)} or the one that runs; nothing is lost\n` +
            `  next   sluice resume ${typed}`
          : `is ${pausedWords(before)} already`,
    }
  })

/** Lets an app go on that was paused, or that was halted: in that case at its next start. */
export const resume = (args: readonly string[]): Promise<number> =>
  steer('resume', args, (head) => ({
    step: () => ({ paused: null, clearHalt: head.halt === null ? null : { epoch: head.epoch } }),
    said: ({ paused }) => {
      if (head.halt !== null) return `goes on at its next start, although it was halted: ${head.halt.reason}`
      return paused === null ? 'was not paused' : `goes on with #${count(head.committed + 1)}, as after a break`
    },
  }))

async function steer(
  verb: 'pause' | 'resume',
  args: readonly string[],
  changeOf: (head: Head, place: StoredPlace) => Change,
): Promise<number> {
  const { values, words } = readArguments(verb, args, flags)
  const { place, words: more } = await storedPlace(verb, values, words)
  if (more.length > 0) throw usageError(`${verb} takes one directory, or --stage.`, `sluice ${verb} ${place.typed}`)
  const { head, store } = await openControl(place, values.app)
  const { step, said } = changeOf(head, place)
  const before = await changeControl(store, step, verb)
  const app = head.conf['spark.app.name'] ?? head.app
  process.stdout.write(
    values.json
      ? `${JSON.stringify({ type: verb, app, batch: head.committed, before, now: step(before) })}\n`
      : `${app} ${said(before)}\n`,
  )
  return 0
}

function whoWeAre(): string {
  try {
    return `${userInfo().username} on ${hostname()}`
  } catch {
    // Nobody has this number.
    return hostname()
  }
}
