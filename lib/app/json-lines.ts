import type { Log } from '../host/log.ts'
import { SluiceError } from '../model/errors.ts'

/** Each event as a line of JSON, as log services read them. */
export const jsonLines = (write: (line: string) => void): Log => ({
  event: (event) => write(`${JSON.stringify(event, (_name, value: unknown) => (value instanceof Error ? plain(value) : value))}\n`),
})

function plain(error: Error): Record<string, unknown> {
  if (!(error instanceof SluiceError)) return { message: error.message, stack: error.stack }
  const { code, message, where, did, next, retry, stack } = error
  return { code, message, where, did, next, retry, stack }
}
