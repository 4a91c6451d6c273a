import type { LogEvent } from '../host/log.ts'
import { factsOf } from './error-lines.ts'

/** The types that `--json` and `log.ndjson` know. */
const known = new Set(['ready', 'batch', 'error', 'print', 'result', 'progress'])

/**
 * A fact as plain data: times in ISO 8601, errors with code, place and choices; what has no type of its own is
 * progress.
 */
export function plainFact(event: LogEvent): Record<string, unknown> {
  const { type, ...facts } = event
  if (type === 'error') return { type, ...errorFact(facts['error']) }
  return {
    type: known.has(type) ? type : 'progress',
    ...(known.has(type) ? {} : { doing: type }),
    ...Object.fromEntries(
      Object.entries(facts).map(([name, value]) => [
        name,
        name === 'time' ? new Date(value as number).toISOString() : value,
      ]),
    ),
  }
}

function errorFact(error: unknown): Record<string, unknown> {
  const { code, message, where, did, next, retry } = factsOf(error)
  return { code, message, where, did, next, retry }
}
