import { SluiceError } from '../model/errors.ts'
import { KEY_GROUPS } from '../keys/key-group.ts'
import type { Manifest, PaneList } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'
import {
  anything,
  both,
  count,
  fields,
  finite,
  is,
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
import { isLetterSplit } from './dead-letters.ts'
import { lettersShape, type Owner, ownerOf, parsedObject, type RefShape, refsOf } from './ref-shape.ts'

/**
 * The manifest that an object holds, in its stored form. A checksum says that the bytes are those that were written,
 * not that a manifest was: so before anyone acts on it, every field has its type, and every object that it names
 * belongs to the same app. Throws `E_MANIFEST_FORMAT`, `E_MANIFEST_CORRUPT` and `E_REF_SCOPE`.
 */
export const decodeManifest = (bytes: Uint8Array, ref: BlobRef): Manifest =>
  parsedObject('Manifest', bytes, ref, (value) => {
    const format = (value as { format?: unknown } | null)?.format
    if (Number.isSafeInteger(format) && format !== 1 && format !== 2) throw later(ref, format as number)
    return manifestShape(ownerOf(ref), format)(value)
  }) as Manifest

const later = ({ key }: BlobRef, format: number): SluiceError =>
  new SluiceError('E_MANIFEST_FORMAT', `Manifest ${key} has format ${format}; this build reads formats 1 and 2.`, {
    where: { object: key, detail: key },
    did: 'nothing was written',
    next: ['run the version that wrote it'],
  })

/** The panes that a pack holds. */
export const decodePanes = (bytes: Uint8Array, ref: BlobRef): PaneList['panes'] =>
  parsedObject('Manifest', bytes, ref, list(paneShape(refsOf(ownerOf(ref))))) as PaneList['panes']

function manifestShape(owner: Owner, format: unknown): Shape {
  const ref = refsOf(owner)
  const shape = wholeManifest(ref, format === 1 ? cutShape(ref) : storedCut(ref))
  return both(shape, hasPositions)
}

/** Of each cut that does not say where its source goes on. */
const hasPositions: Shape = is<Pick<Manifest, 'cuts' | 'positions'>>(
  ({ cuts, positions }) =>
    Object.entries(cuts).every(
      ([source, cut]) => cut?.position !== undefined || !cut || Object.hasOwn(positions, source),
    ),
  'has a cut without a position',
)

function wholeManifest(ref: RefShape, cut: Shape): Shape {
  return fields({
    format: oneOf(1, 2),
    batch: count,
    tick: count,
    time: whole,
    nonce: text,
    base: nullOr(text),
    graph: text,
    facts: maybe(ref('graph')),
    change: maybe(fields({ moved: named(text), dropped: list(text) })),
    cuts: named(nullOr(cut)),
    positions: named(anything),
    actions: named(list(text)),
    skip: maybe(skipShape),
    deadLetters: maybe(list(lettersShape(ref))),
    state: named(stateShape(ref)),
    packs: maybe(list(fields({ operator: text, ...range, last: whole, ref: ref('state') }))),
    retained: named(retainedShape(ref)),
    outputs: named(list(fields({ partition: count, records: count, ref: nullOr(ref('output')) }))),
    beforeCommit: maybe(list(text)),
    records: named(count),
    wrote: maybe(count),
    rates: maybe(named(learnedRate)),
  })
}

const learnedRate = fields({
  rate: nullOr(finite),
  latest: nullOr(fields({ time: finite, rate: finite, error: finite })),
})

/** From and to of key groups, as two numbers. */
const groupRange: Shape = both(
  list(upTo(KEY_GROUPS)),
  is<readonly number[]>((each) => each.length === 2 && each[0]! < each[1]!, 'is no range of key groups'),
)
const range = { from: upTo(KEY_GROUPS), to: upTo(KEY_GROUPS) }

export const cutShape = (ref: RefShape): Shape => both(fields({ position: anything }), storedCut(ref))

/** Without its position, which may be the one after the batch. */
const storedCut = (ref: RefShape): Shape =>
  fields({
    splits: list(splitShape(ref)),
    records: nullOr(count),
    description: maybe(text),
    newest: maybe(anything),
  })

/** A split that names an object of ours, as those of dead letters do, must not name somebody else's. */
const splitShape = (ref: RefShape): Shape =>
  both(anything, (split) => {
    if (!isLetterSplit(split)) return null
    return fields({ 'sluice.deadLetters': fields({ ref: ref('dead-letters'), ids: list(text) }) })(split)
  })

/** By source and split: numbers of records, in rising order. */
export const skipShape: Shape = named(
  named(
    both(
      list(count),
      is<readonly number[]>((value) => value.every((at, i) => i === 0 || value[i - 1]! < at), 'does not rise'),
    ),
  ),
)

export const retainedShape = (ref: RefShape): Shape => list(fields({ time: whole, parts: list(ref('state')) }))

export const blockShape = (ref: RefShape): Shape =>
  fields({
    kind: oneOf('snapshot', 'delta'),
    batch: count,
    ref: ref('state'),
    keys: count,
    whole: maybe(list(groupRange)),
  })
export const paneShape = (ref: RefShape): Shape => fields({ time: whole, ref: ref('state') })

export const stateShape = (ref: RefShape): Shape =>
  fields({
    chains: list(both(fields({ ...range, keys: count, blocks: list(blockShape(ref)) }), notEmpty)),
    panes: maybe(list(both(fields({ ...range, panes: list(paneShape(ref)), since: maybe(whole) }), notEmpty))),
    slideTime: maybe(whole),
    version: maybe(versionShape),
  })

/** Of the schema of the values. */
export const versionShape: Shape = both(
  count,
  is((value) => value !== 0, 'is not a version'),
)

const notEmpty: Shape = is<{ readonly from: number; readonly to: number }>(
  ({ from, to }) => from < to,
  'is an empty range',
)
