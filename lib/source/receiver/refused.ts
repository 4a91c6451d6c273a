import { inspect } from 'node:util'
import { type ErrorCode, isErrorCode } from '../../model/error-codes.ts'
import { isOurs, messageOf, SluiceError } from '../../model/errors.ts'
import { clauseOf, count, fields, is, list, type Shape, text } from '../../model/shape.ts'
import type { Undecoded } from '../undecoded.ts'

/** What a receiver was given that is no record: what can be shown of it, and why it is none. */
export class Refused {
  readonly code: ErrorCode
  readonly message: string
  /** Whose it is: the receiver, or what that receives from. */
  readonly path: string
  /** Where in that it begins, if it has a place. */
  readonly offset: number
  /** The first of its bytes, or how it looks, as UTF-8. */
  readonly shown: Uint8Array

  constructor(what: unknown, error: unknown, receiver: string) {
    const { offset, detail } = error instanceof SluiceError ? error.where : {}
    this.code = isOurs(error) ? error.code : 'E_SOURCE'
    this.message = messageOf(error)
    this.path = offset === undefined || detail === undefined ? receiver : detail
    this.offset = typeof offset === 'number' ? offset : 0
    // Whoever hands bytes over may use their memory again.
    this.shown = what instanceof Uint8Array ? what.slice(0, SHOWN_BYTES_MAX) : Buffer.from(lookOf(what))
  }
}

/** More than these of one are not kept. */
const SHOWN_BYTES_MAX = 1024

/** As it is stored. */
export type StoredRefused = Pick<Refused, 'code' | 'message' | 'path' | 'offset' | 'shown'>

export const storedForm = ({ code, message, path, offset, shown }: Refused): StoredRefused => ({
  code,
  message,
  path,
  offset,
  shown,
})

const stored: Shape = list(
  fields({
    code: is((code) => isErrorCode(code as string), 'is no code of an error'),
    message: text,
    path: text,
    offset: count,
    shown: is((bytes) => bytes instanceof Uint8Array, 'is no bytes'),
  }),
)

/** Throws `E_BLOB_CORRUPT` for what was not stored as such. */
export function readRefused(values: readonly unknown[], key: string): readonly StoredRefused[] {
  const wrong = stored(values)
  if (wrong === null) return values as readonly StoredRefused[]
  throw new SluiceError('E_BLOB_CORRUPT', `${key} is no block of what was refused: ${clauseOf(wrong)}.`, {
    where: { object: key, detail: key },
    did: 'nothing of it was used',
  })
}

/** As the batch that takes it hears of it. */
export const asUndecoded = ({ code, message, path, offset, shown }: StoredRefused): Undecoded => ({
  became: 'letter',
  code,
  message,
  path,
  offset,
  bytes: shown,
  isReceived: true,
})

const LOOK_CHARS_MAX = 200

/** How a value looks, whatever it is. */
export function lookOf(value: unknown): string {
  const look = inspected(value)
  return look.length > LOOK_CHARS_MAX ? `${look.slice(0, LOOK_CHARS_MAX)}…` : look
}

/** Values of others may throw when they are looked at. */
function inspected(value: unknown): string {
  try {
    if (value instanceof Uint8Array) return JSON.stringify(Buffer.from(value.subarray(0, 100)).toString())
    return inspect(value, { depth: 2, breakLength: Infinity, maxArrayLength: 10, maxStringLength: 100 })
  } catch {
    return `a value of type ${typeof value}`
  }
}
