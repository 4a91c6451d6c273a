import type { AppStarting, EngineEvent } from '../model/events.ts'
import { factsOf } from './error-lines.ts'

/** What a run says of itself, beside what the engine says. */
export type RunFact =
  | ({ readonly type: 'ready'; readonly version: string; readonly batch: number; readonly startupMs: number } & Omit<
      AppStarting,
      'type'
    >)
  | { readonly type: 'print'; readonly text: string }
  | { readonly type: 'progress'; readonly doing: 'finishing'; readonly batch: number; readonly dueMs: number }
  | {
      readonly type: 'progress'
      readonly doing: 'behind'
      readonly schedulingDelayMs: number
      readonly message: string
    }
  | { readonly type: 'result'; readonly exitCode: number; readonly batches: number; readonly records: number }

/** The types that `--json` and `log.ndjson` know. */
const known: ReadonlySet<string> = new Set(['ready', 'batch', 'error', 'print', 'result', 'progress'])

/**
 * A fact as plain data: times in ISO 8601, errors with code, place and choices; what has no type of its own is
 * progress.
 */
export function plainFact(event: EngineEvent | RunFact, dir: string | null = null): Record<string, unknown> {
  if (event.type === 'error') return { type: 'error', ...errorFact(event.error, dir) }
  const { type, ...facts } = event
  return {
    type: known.has(type) ? type : 'progress',
    ...(known.has(type) ? {} : { doing: type }),
    ...Object.fromEntries(
      Object.entries(facts).map(([name, value]) => [
        name,
        name === 'time' && typeof value === 'number' ? new Date(value).toISOString() : value,
      ]),
    ),
  }
}

function errorFact(error: unknown, dir: string | null): Record<string, unknown> {
  const { code, message, where, did, next, retry } = factsOf(error, dir)
  return { code, message, where, did, next, retry }
}
