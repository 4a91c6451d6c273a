import type { EngineEvent } from '../../model/events.ts'

/** Batch times from `since` on, in ms since the epoch: the first `skipped` of them have no batch. */
export function catchingUp(since: number, skipped: number, missed: number): EngineEvent {
  const words = `${skipped + missed} batch times were missed since ${new Date(since).toISOString()}`
  return {
    type: 'catching-up',
    level: 'warn',
    missed,
    skipped,
    message: [words, ...fates(skipped, missed)].join('; '),
  }
}

/** What becomes of batch times that were missed. */
function* fates(skipped: number, missed: number): Generator<string> {
  if (skipped > 0) yield `${skipped} are skipped (sluice.catchUpMax), their input comes with the first batch`
  if (missed > 0) yield `${missed} run now, one after the other (--skip-missed: one batch for all)`
  else yield 'none is run again'
}

export const clockBehind = (behindMs: number): EngineEvent => ({
  type: 'clock-behind',
  level: 'warn',
  behindMs,
  message:
    `the clock is ${Math.ceil(behindMs / 1000)} s behind the last batch: it was ahead then, or has been set back; ` +
    'batches go on at every interval, and their times go on from the last one',
})

/** Of the batch at `time`, in ms since the epoch: it could not be planned. */
export const leftOut = (time: number): EngineEvent => ({
  type: 'batch-left-out',
  level: 'warn',
  message:
    `the batch of ${new Date(time).toISOString()} could not be planned, twice; ` + 'its input comes with the next one',
})
