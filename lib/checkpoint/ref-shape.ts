import type { ErrorCode } from '../model/error-codes.ts'
import { both, count, fields, maybe, type Shape, text, upTo } from '../model/shape.ts'
import type { BlobRef } from '../model/refs.ts'
import { SluiceError } from '../model/errors.ts'

const plain = fields({ key: text, len: count, crc: upTo(2 ** 32 - 1), inline: maybe(text) })

/**
 * A reference to an object below `root`, which ends in a slash. Another app's objects, and names that lead out of the
 * store, are not.
 */
export const refBelow = (root: string): Shape =>
  both(plain, (value) => (isBelow(root, (value as BlobRef).key) ? null : OUTSIDE))

const isBelow = (root: string, key: string): boolean =>
  key.startsWith(root) && key.split('/').every((name) => name !== '' && name !== '.' && name !== '..')

const OUTSIDE = ' names an object outside of its app'

/** The app and incarnation that an object belongs to, as its name says. */
export const rootOf = ({ key }: BlobRef): string => `${key.split('/', 2).join('/')}/`

/**
 * `E_REF_SCOPE` for a reference that leads elsewhere, else `code`. `what` is a whole clause, such as `Manifest m is not
 * one`.
 */
export const shapeError = (code: ErrorCode, what: string, wrong: string, detail: string): SluiceError =>
  new SluiceError(wrong.endsWith(OUTSIDE) ? 'E_REF_SCOPE' : code, `${what}: ${wrong.replace(/^[. ]/, '')}.`, {
    where: { detail },
    did: 'nothing of it was used',
    next: ['restore the whole directory from a backup', 'sluice verify <dir>'],
  })
