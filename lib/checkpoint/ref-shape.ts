import type { AppName } from '../model/ids.ts'
import type { ErrorCode } from '../model/error-codes.ts'
import {
  both,
  count,
  fields,
  list,
  maybe,
  type Misfit,
  misfit,
  named,
  oneOf,
  type Shape,
  inWords,
  text,
  truth,
  upTo,
  isJson,
  json,
} from '../model/shape.ts'
import type { BlobRef } from '../model/refs.ts'
import { SluiceError } from '../model/errors.ts'
import { folderOf, liesIn, type ObjectKind, parseKey } from './object-keys.ts'

const plain = fields({
  key: text,
  len: count,
  crc: upTo(2 ** 32 - 1),
  at: maybe(count),
  inline: maybe(text),
  unwritten: maybe(truth),
})

/** To whom objects belong; without `inc`: to any incarnation of the app. */
export interface Owner {
  readonly app: AppName
  readonly inc?: string
}

/**
 * References to objects of one owner, of the kind that their place asks for. Another app's objects, and names that lead
 * out of the store, are not.
 */
export type RefShape = (kind: ObjectKind) => Shape

export const refsOf =
  (owner: Owner): RefShape =>
  (kind) => {
    const { app, inc } = owner
    const home = inc === undefined ? null : folderOf(app, inc, kind)
    return both(plain, (value) => {
      const { key } = value as BlobRef
      if (home !== null && liesIn(key, home)) return null
      return misplaced(key, owner, kind)
    })
  }

/** Dead letters of one batch, as heads and manifests name them. */
export const lettersShape = (ref: RefShape): Shape =>
  fields({
    batch: count,
    open: named(list(text)),
    ref: ref('dead-letters'),
    undecoded: maybe(oneOf(true)),
    ofOutput: maybe(oneOf(true)),
  })

function misplaced(key: string, { app, inc }: Owner, kind: ObjectKind): Misfit | null {
  const parsed = parseKey(key)
  if (parsed?.app !== app || (inc !== undefined && parsed.inc !== inc))
    return { at: '', says: 'names an object outside of its app', foreign: true }
  if (parsed.kind !== kind) return misfit(`names an object that is no ${kind}`)
  return null
}

/** The app and incarnation that an object belongs to, as its name says. */
export function ownerOf({ key }: BlobRef): Owner {
  const { app = '', inc = '' } = parseKey(key) ?? {}
  return { app, inc }
}

/**
 * `E_REF_SCOPE` for a reference that leads elsewhere, else `code`. `what` is a whole clause, such as `Manifest m is not
 * one`.
 */
export const shapeError = (code: ErrorCode, what: string, wrong: Misfit, detail: string): SluiceError =>
  new SluiceError(wrong.foreign ? 'E_REF_SCOPE' : code, `${what}: ${inWords(wrong)}.`, {
    where: { object: detail, detail },
    did: 'nothing of it was used',
    next: ['restore the whole directory from a backup', 'sluice verify <dir>'],
  })

/** The same for what a function was asked by a call. */
export const callError = (what: string, wrong: Misfit): SluiceError =>
  new SluiceError(wrong.foreign ? 'E_REF_SCOPE' : 'E_TASK_SPEC', `${what}: ${inWords(wrong)}.`, {
    where: { detail: 'the call' },
    did: 'nothing of it was used',
    next: ['deploy all functions of the app together', 'see in their logs who called: only the coordinator may'],
  })

/** What an object holds as JSON, once it is known to fit. Throws `E_MANIFEST_CORRUPT` and `E_REF_SCOPE`. */
export function parsedObject(what: string, bytes: Uint8Array, { key }: BlobRef, shape: Shape): unknown {
  const value = json(bytes)
  const wrong = isJson(value) ?? shape(value)
  if (wrong === null) return value
  throw shapeError('E_MANIFEST_CORRUPT', `${what} ${key} is not one`, wrong, key)
}
