import { SluiceError } from '../model/errors.ts'
import { KEY_GROUPS } from '../keys/key-group.ts'
import type { Manifest, PaneList } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'
import {
  anything,
  both,
  count,
  fields,
  list,
  maybe,
  named,
  nullOr,
  oneOf,
  type Shape,
  text,
  upTo,
  whole,
} from '../model/shape.ts'
import { refBelow, rootOf, shapeError } from './ref-shape.ts'

/**
 * The manifest that an object holds, in its stored form. A checksum says that the bytes are those that were written,
 * not that a manifest was: so before anyone acts on it, every field has its type, and every object that it names
 * belongs to the same app. Throws `E_MANIFEST_FORMAT`, `E_MANIFEST_CORRUPT` and `E_REF_SCOPE`.
 */
export function decodeManifest(bytes: Uint8Array, ref: BlobRef): Manifest {
  const value = parsed(bytes, ref)
  const format = (value as { format?: unknown } | null)?.format
  if (Number.isSafeInteger(format) && format !== 1) {
    throw new SluiceError(
      'E_MANIFEST_FORMAT',
      `Manifest ${ref.key} has format ${String(format)}; this build reads format 1.`,
      {
        where: { detail: ref.key },
        did: 'nothing was written',
        next: ['run the version that wrote it'],
      },
    )
  }
  const wrong = manifestShape(rootOf(ref))(value)
  if (wrong !== null) throw corrupt(ref, wrong)
  return value as Manifest
}

/** The panes that a pack holds. */
export function decodePanes(bytes: Uint8Array, ref: BlobRef): PaneList['panes'] {
  const value = parsed(bytes, ref)
  const wrong = list(paneShape(refBelow(rootOf(ref))))(value)
  if (wrong !== null) throw corrupt(ref, wrong)
  return value as PaneList['panes']
}

function parsed(bytes: Uint8Array, ref: BlobRef): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    // The words of the parser would quote the text.
    throw corrupt(ref, ' it is not JSON')
  }
}

const corrupt = (ref: BlobRef, wrong: string): SluiceError =>
  shapeError('E_MANIFEST_CORRUPT', `Manifest ${ref.key} is not one`, wrong, ref.key)

function manifestShape(root: string): Shape {
  const ref = refBelow(root)
  return fields({
    format: oneOf(1),
    batch: count,
    tick: count,
    time: whole,
    nonce: text,
    base: nullOr(text),
    graph: text,
    cuts: named(nullOr(cutShape)),
    positions: named(anything),
    actions: named(list(text)),
    state: named(stateShape(ref)),
    packs: maybe(list(fields({ operator: text, ...range, last: whole, ref }))),
    retained: named(list(fields({ time: whole, parts: list(ref) }))),
    outputs: named(list(fields({ partition: count, records: count, ref: nullOr(ref) }))),
    records: named(count),
  })
}

/** From and to of key groups, as two numbers. */
const groupRange: Shape = both(list(upTo(KEY_GROUPS)), (value) => {
  const range = value as readonly number[]
  return range.length === 2 && range[0] < range[1] ? null : ' is no range of key groups'
})
const range = { from: upTo(KEY_GROUPS), to: upTo(KEY_GROUPS) }

export const cutShape: Shape = fields({
  position: anything,
  splits: list(anything),
  records: nullOr(count),
  description: maybe(text),
})
export const blockShape = (ref: Shape): Shape =>
  fields({ kind: oneOf('snapshot', 'delta'), batch: count, ref, keys: count, whole: maybe(list(groupRange)) })
export const paneShape = (ref: Shape): Shape => fields({ time: whole, ref })

export const stateShape = (ref: Shape): Shape =>
  fields({
    chains: list(both(fields({ ...range, keys: count, blocks: list(blockShape(ref)) }), notEmpty)),
    panes: maybe(list(both(fields({ ...range, panes: list(paneShape(ref)), since: maybe(whole) }), notEmpty))),
    slideTime: maybe(whole),
  })

const notEmpty: Shape = (value) =>
  (value as { from: number; to: number }).from < (value as { from: number; to: number }).to
    ? null
    : ' is an empty range'
