import type { Log } from '../../host/log.ts'
import { messageOf, SluiceError, stackOf } from '../../model/errors.ts'
import { logged, secretsIn } from './known-secrets.ts'

/**
 * Each event as a line of JSON, as log services read them, without the secrets that the environment is known to hold.
 */
export function jsonLines(write: (line: string) => void, environment: NodeJS.ProcessEnv = process.env): Log {
  const short = logged(secretsIn(environment))
  const shown = (name: string, value: unknown): unknown => short(name, value instanceof Error ? plain(value) : value)
  return { event: (event) => write(`${JSON.stringify(event, shown)}\n`) }
}

function plain(error: Error): Record<string, unknown> {
  const stack = stackOf(error)
  if (!(error instanceof SluiceError)) return { message: messageOf(error), stack }
  const { code, fault, message, where, did, next, retry } = error
  return { code, fault, message, where, did, next, retry, stack }
}
