import { SluiceError } from '../../model/errors.ts'
import type { EngineEvent } from '../../model/events.ts'
import type { SerialisedError } from '../../model/task.ts'
import { errorShape, reviveError } from '../../runtime/serialised-error.ts'
import type { Failed } from './function-pool.ts'

/** A line that the library's log wrote, among lines that a program writes. */
export function eventIn(line: string): EngineEvent | null {
  if (!line.startsWith('{"type":"')) return null
  try {
    return JSON.parse(line) as EngineEvent
  } catch {
    return null
  }
}

/** An error as logs hold one. */
export function errorOf(plain: unknown): Error {
  const whole = { name: 'Error', ...(plain as object) }
  if (errorShape(whole) === null) return reviveError(whole as SerialisedError)
  const { message, stack } = plain as { readonly message?: string; readonly stack?: string }
  return Object.assign(new Error(String(message)), { stack })
}

/** What an invocation of the function failed with, as far as it is an error of this library. */
export function thrownBy(name: string, { errorType, errorMessage, trace, facts }: Failed): Error {
  const error = errorOf({ ...facts, message: errorMessage, stack: trace.join('\n') })
  if (error instanceof SluiceError) return error
  return new SluiceError('E_FUNCTION_FAILED', `The function ${name} failed: ${errorType}: ${errorMessage}`, {
    did: 'nothing it did counts',
    next: ['look at what it has written above'],
    cause: error,
  })
}
