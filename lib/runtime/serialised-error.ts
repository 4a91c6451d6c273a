import { given } from '../model/given.ts'
import { FAULTS, knownCode } from '../model/error-codes.ts'
import {
  framesOf,
  isError,
  isOurs,
  messageOf,
  nameOf,
  recordOf,
  SluiceError,
  stackOf,
  type Where,
  wordsOf,
} from '../model/errors.ts'
import { fields, is, list, maybe, named, oneOf, type Shape, text, truth } from '../model/shape.ts'
import type { SerialisedError } from '../model/task.ts'
import { placeAmong } from '../model/place.ts'

/** An error as plain data, so that it can come back from another process with its code and place. */
export function serialiseError(error: unknown, of: Record<string, string | number> = {}): SerialisedError {
  const where = { ...of, ...given({ detail: recordOf(error) }) }
  if (isOurs(error)) {
    const { code, fault, name, message, did, next, retry } = error
    return { code, fault, name, message, stack: stackOf(error), where: { ...where, ...error.where }, did, next, retry }
  }
  const thrown = asError(error)
  const place = placeAmong(framesOf(thrown))
  return {
    code: 'E_USER_CODE',
    fault: 'program',
    name: nameOf(thrown),
    message: wordsOf(thrown),
    stack: stackOf(thrown),
    where: { ...where, ...given({ place }) },
    did: '',
    next: [],
    retry: true,
  }
}

const asError = (thrown: unknown): Error => (isError(thrown) ? thrown : new Error(messageOf(thrown)))

const scalar: Shape = is((value) => typeof value === 'string' || Number.isFinite(value), 'is not a text or a number')

/** An error that has come from elsewhere, before it is revived. */
export const errorShape: Shape = fields({
  code: text,
  fault: oneOf(...FAULTS),
  name: text,
  message: text,
  stack: text,
  where: named(maybe(scalar)),
  did: text,
  next: list(text),
  retry: truth,
})

export function reviveError(
  plain: SerialisedError,
  facts: { readonly where?: Where; readonly did?: string; readonly next?: readonly string[] } = {},
): SluiceError {
  const error = new SluiceError(knownCode(plain.code), plain.message, {
    fault: plain.fault,
    where: { ...(plain.where as Where), ...facts.where },
    did: plain.did || (facts.did ?? ''),
    next: [plain.next, facts.next ?? []].find((next) => next.length > 0) ?? [],
    retry: plain.retry,
  })
  error.stack = plain.stack
  return error
}
