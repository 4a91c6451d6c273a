import { crc32 } from 'node:zlib'
import type { BlobStore } from '../host/blob-store.ts'
import { encodeBlock, openBlock } from '../codec/block.ts'
import type { DeadLetter, DeadLetterFacts, DeadLetters, DeadLetterWish } from '../model/dead-letter.ts'
import { SluiceError } from '../model/errors.ts'
import type { Json } from '../model/json.ts'
import type { BlobRef } from '../model/refs.ts'
import {
  both,
  clauseOf,
  count,
  fields,
  list,
  maybe,
  type Misfit,
  misfit,
  nullOr,
  oneOf,
  type Shape,
  text,
  truth,
  upTo,
} from '../model/shape.ts'
import { getBlob } from './blobs.ts'
import { json, shapeError } from './ref-shape.ts'
import type { ObjectKeys } from './object-keys.ts'

/**
 * Letters as an object. A record of a kind that cannot be stored is left out: the letter then says where it was and
 * what it did, and cannot be tried again.
 */
export function encodeLetters(letters: readonly (DeadLetterFacts & { readonly record: unknown })[]): Uint8Array {
  const stored = letters.map((letter): DeadLetter =>
    isStorable(letter.record) ? { ...letter, isStored: true } : { ...letter, record: null, isStored: false },
  )
  return encodeBlock([{ section: 0, columns: [stored], count: stored.length }], 'dead letters')
}

function isStorable(record: unknown): boolean {
  try {
    encodeBlock([{ section: 0, columns: [[record]], count: 1 }])
    return true
  } catch (error) {
    if (error instanceof SluiceError) return false
    throw error
  }
}

/** What a letter says of its record, wherever it comes from. */
export const letterFacts: Shape = fields({
  id: text,
  source: text,
  split: text,
  index: count,
  code: text,
  message: text,
  place: nullOr(text),
})

const storedLetters = list(both(letterFacts, fields({ isStored: truth })))

/** Throws what `openBlock` throws, and `E_BLOB_CORRUPT` for what are no letters. */
export function decodeLetters(bytes: Uint8Array, what: string): DeadLetter[] {
  const [letters] = openBlock(bytes, what).read(0, 1)
  const wrong = storedLetters(letters)
  if (wrong === null) return letters as DeadLetter[]
  throw shapeError('E_BLOB_CORRUPT', `${what} holds no dead letters`, wrong, what)
}

/** A split that stands for dead letters which are to be read again; every other split is the source's own. */
export interface LetterSplit {
  readonly 'sluice.deadLetters': { readonly ref: BlobRef; readonly ids: readonly string[] }
}

export const letterSplit = (ref: BlobRef, ids: readonly string[]): Json =>
  ({ 'sluice.deadLetters': { ref, ids } }) as unknown as Json

export const isLetterSplit = (split: unknown): split is LetterSplit =>
  typeof split === 'object' && split !== null && 'sluice.deadLetters' in split

/** What is open after a batch: what was open before and nobody has dealt with since, and what the batch adds. */
export function openLetters(
  before: readonly DeadLetters[],
  settled: ReadonlySet<string>,
  added: DeadLetters | null,
): DeadLetters[] {
  const left = before
    .map((letters) => ({ ...letters, open: without(letters.open, settled) }))
    .filter(({ open }) => Object.keys(open).length > 0)
  return added ? [...left, added] : left
}

const without = (open: DeadLetters['open'], settled: ReadonlySet<string>): DeadLetters['open'] =>
  Object.fromEntries(
    Object.entries(open)
      .map(([source, ids]) => [source, ids.filter((id) => !settled.has(id))] as const)
      .filter(([, ids]) => ids.length > 0),
  )

export const idsOf = (letters: readonly DeadLetters[]): string[] =>
  letters.flatMap(({ open }) => Object.values(open).flat())

/** The open letters themselves, oldest first. */
export async function readOpenLetters(blobs: BlobStore, letters: readonly DeadLetters[]): Promise<DeadLetter[]> {
  const open = new Set(idsOf(letters))
  const stored = await Promise.all(letters.map(async ({ ref }) => decodeLetters(await getBlob(blobs, ref), ref.key)))
  return stored.flat().filter(({ id }) => open.has(id))
}

/**
 * A wish is kept until the coordinator that reads it has committed a batch that grants it; granting it twice changes
 * nothing, because ids are never used again.
 */
export function putWish(blobs: BlobStore, keys: ObjectKeys, wish: DeadLetterWish, run: string): Promise<void> {
  const { wish: what, ids } = wish
  return blobs.putNew(keys.wish(run), Buffer.from(JSON.stringify({ wish: what, ids, crc: sumOf(wish) })))
}

export interface StoredWish extends DeadLetterWish {
  readonly key: string
}

/** Throws `E_BLOB_CORRUPT` for what was not written as a wish: nobody may guess what was wished. */
export const readWishes = async (blobs: BlobStore, keys: readonly string[]): Promise<StoredWish[]> =>
  Promise.all(keys.map(async (key) => ({ key, ...decodeWish(await blobs.get(key), key) })))

/** Nothing refers to a wish, so that it carries its checksum itself. Version 0.1.0 wrote none. */
const wishShape: Shape = both(
  fields({ wish: oneOf('retry', 'drop'), ids: list(text), crc: maybe(upTo(2 ** 32 - 1)) }),
  (value) => {
    const { crc, ...wish } = value as DeadLetterWish & { readonly crc?: number }
    return crc === undefined || crc === sumOf(wish) ? null : misfit('is not what was written')
  },
)

function decodeWish(bytes: Uint8Array, key: string): DeadLetterWish {
  const value = json(bytes)
  const wrong = value === undefined ? misfit('is not JSON') : wishShape(value)
  if (wrong !== null) throw damagedWish(key, wrong)
  const { wish, ids } = value as DeadLetterWish
  return { wish, ids }
}

const sumOf = ({ wish, ids }: DeadLetterWish): number => crc32(JSON.stringify([wish, ids]))

const damagedWish = (key: string, wrong: Misfit): SluiceError =>
  new SluiceError(
    'E_BLOB_CORRUPT',
    `${key} is no decision about dead letters: it ${clauseOf(wrong).replace(/^\./, '')}.`,
    {
      where: { object: key, detail: key },
      did: 'nothing was started',
      next: ['delete the object, then decide again: sluice dead'],
    },
  )
