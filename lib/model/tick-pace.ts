/**
 * What wakes a coordinator on AWS for its batches:
 * - `schedule`: a schedule, once a minute;
 * - `queue`: a message for each batch, which the schedule's invocation sends ahead;
 * - `stay`: nothing; it waits for the batches of its minute.
 */
export type TickPace = 'schedule' | 'queue' | 'stay'

const MINUTE_MS = 60_000
/** Below this, to wait costs less than to be woken. */
const QUEUE_MS_MIN = 5000

/** How ticks come at this interval where a queue may be had: what is packaged, what it costs and what it does agree. */
export function tickPace(intervalMs: number): TickPace {
  if (intervalMs >= MINUTE_MS) return 'schedule'
  return intervalMs >= QUEUE_MS_MIN ? 'queue' : 'stay'
}
