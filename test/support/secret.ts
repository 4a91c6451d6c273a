import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { SluiceError } from '../../lib/model/errors.ts'

/** Stands in records, keys and values of tests, and must never be found in an error or a log. */
export const SECRET = 'hunter2-secret'

/**
 * The error has the code, its sentence fits, and nothing about it, down to its causes and its stack, shows what a
 * record held.
 */
export function assertRefusal(error: unknown, code: string, message: RegExp = /./): SluiceError {
  assert.ok(error instanceof SluiceError, `a ${code} was expected, and this came: ${inspect(error)}`)
  assert.equal(error.code, code, error.message)
  assert.match(error.message, message)
  assertSilent(inspect(error, { depth: 20, showHidden: true }))
  assertSilent(error.stack ?? '')
  return error
}

export const assertSilent = (text: string): void =>
  assert.ok(!text.includes(SECRET), `what a record held is in: ${text}`)

/** What `act` throws or rejects with. */
export async function thrownBy(act: () => unknown): Promise<unknown> {
  try {
    await act()
  } catch (error) {
    return error
  }
  return assert.fail('nothing was thrown')
}
