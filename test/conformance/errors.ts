import type { ErrorPattern } from './cases.ts'
import { shown } from './values.ts'

/**
 * What is wrong when none of `errors` is the expected one, or null. The type is Spark's and says nothing about ours.
 */
export function errorDiffers(errors: readonly unknown[], { pattern, flags }: ErrorPattern): string | null {
  if (errors.length === 0) return `no error, expected one like ${shown(pattern)}`
  if (pattern === null || errors.some((error) => new RegExp(pattern, flags).test(words(error)))) return null
  return `the error was ${shown(words(errors[0]))}, expected one like ${shown(pattern)}`
}

/** The message with those of its causes. */
function words(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}; ${words(error.cause)}`
}
