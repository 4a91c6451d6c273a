import { crc32 } from 'node:zlib'
import type { BlobStore } from '../host/blob-store.ts'
import { encodeBlock, openBlock } from '../codec/block.ts'
import type { DeadLetter, DeadLetterFacts, DeadLetters, DeadLetterCommand } from '../model/dead-letter.ts'
import { hasCode, SluiceError } from '../model/errors.ts'
import type { BatchNumber } from '../model/ids.ts'
import type { Head } from '../model/head.ts'
import type { Json } from '../model/json.ts'
import type { Manifest } from '../model/manifest.ts'
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
import { isJson, json, shapeError } from './ref-shape.ts'
import { ObjectKeys } from './object-keys.ts'

/**
 * Letters as an object. A record of a kind that cannot be stored is left out: the letter then says where it was and
 * what it did, and cannot be tried again.
 */
export function encodeLetters(letters: readonly (DeadLetterFacts & { readonly record: unknown })[]): Uint8Array {
  const stored = letters.map((letter): DeadLetter => {
    if (letter.undecoded) return { ...letter, isStored: false }
    if (isStorable(letter.record)) return { ...letter, isStored: true }
    return { ...letter, record: null, isStored: false }
  })
  return encodeBlock([{ section: 0, columns: [stored], count: stored.length }], 'dead letters')
}

/**
 * Stores what an output was shown without. The name follows from the content: an output that is shown again leaves the
 * same.
 */
export async function putOutputLetters(
  blobs: BlobStore,
  { app, inc }: Pick<Head, 'app' | 'inc'>,
  batch: BatchNumber,
  letters: readonly (DeadLetterFacts & { readonly record: unknown })[],
): Promise<DeadLetters> {
  const bytes = encodeLetters(letters)
  const crc = crc32(bytes)
  const key = new ObjectKeys(app, inc).deadLetters(batch, `out.${crc.toString(16)}.${letters[0].id}`)
  const ref = { key, len: bytes.length, crc }
  await blobs.putNew(key, bytes).catch((error: unknown) => {
    if (!hasCode(error, 'E_BLOB_EXISTS')) throw error
  })
  return { batch, open: { [letters[0].source]: letters.map(({ id }) => id) }, ref, ofOutput: true }
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
  retryOf: maybe(text),
  undecoded: maybe(fields({ path: text, offset: count })),
  ofOutput: maybe(oneOf(true)),
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
  added: readonly DeadLetters[],
): DeadLetters[] {
  const left = before
    .map((letters) => ({ ...letters, open: without(letters.open, settled) }))
    .filter(({ open }) => Object.keys(open).length > 0)
  return [...left, ...added]
}

const without = (open: DeadLetters['open'], settled: ReadonlySet<string>): DeadLetters['open'] =>
  Object.fromEntries(
    Object.entries(open)
      .map(([source, ids]) => [source, ids.filter((id) => !settled.has(id))] as const)
      .filter(([, ids]) => ids.length > 0),
  )

export const idsOf = (letters: readonly DeadLetters[]): string[] =>
  letters.flatMap(({ open }) => Object.values(open).flat())

/** What is open after the last batch, together with what its outputs have left since. */
export const allOpen = (head: Head, manifest: Manifest | null): readonly DeadLetters[] => [
  ...(manifest?.deadLetters ?? []),
  ...(head.letters ?? []),
]

/** The open letters themselves, oldest first. */
export async function readOpenLetters(blobs: BlobStore, letters: readonly DeadLetters[]): Promise<DeadLetter[]> {
  const open = new Set(idsOf(letters))
  const stored = await Promise.all(letters.map(async ({ ref }) => decodeLetters(await getBlob(blobs, ref), ref.key)))
  return stored.flat().filter(({ id }) => open.has(id))
}

/**
 * A command is kept until the coordinator that reads it has committed a batch that carries it out; twice changes
 * nothing, because ids are never used again.
 */
export function putCommand(blobs: BlobStore, keys: ObjectKeys, command: DeadLetterCommand, id: string): Promise<void> {
  const { verb, ids } = command
  return blobs.putNew(
    keys.deadLetterCommand(id),
    Buffer.from(JSON.stringify({ wish: verb, ids, crc: sumOf(command) } satisfies StoredForm)),
  )
}

export interface StoredCommand extends DeadLetterCommand {
  readonly key: string
}

/** Throws `E_BLOB_CORRUPT` for what was not written as a command: nobody may guess what was meant. */
export const readCommands = async (blobs: BlobStore, keys: readonly string[]): Promise<StoredCommand[]> =>
  Promise.all(keys.map(async (key) => ({ key, ...decodeCommand(await blobs.get(key), key) })))

/** The verb has been stored as `wish` since version 0.1.0, which wrote no checksum. */
interface StoredForm {
  readonly wish: DeadLetterCommand['verb']
  readonly ids: readonly string[]
  readonly crc?: number
}

/** Nothing refers to a command, so that it carries its checksum itself. */
const commandShape: Shape = both(
  fields({ wish: oneOf('retry', 'drop'), ids: list(text), crc: maybe(upTo(2 ** 32 - 1)) }),
  (value) => {
    const { crc, wish, ids } = value as StoredForm
    if (crc === undefined || crc === sumOf({ verb: wish, ids })) return null
    return misfit('is not what was written')
  },
)

function decodeCommand(bytes: Uint8Array, key: string): DeadLetterCommand {
  const value = json(bytes)
  const wrong = isJson(value) ?? commandShape(value)
  if (wrong !== null) throw damagedCommand(key, wrong)
  const { wish, ids } = value as StoredForm
  return { verb: wish, ids }
}

const sumOf = ({ verb, ids }: DeadLetterCommand): number => crc32(JSON.stringify([verb, ids]))

const damagedCommand = (key: string, wrong: Misfit): SluiceError =>
  new SluiceError(
    'E_BLOB_CORRUPT',
    `${key} is no decision about dead letters: it ${clauseOf(wrong).replace(/^\./, '')}.`,
    {
      where: { object: key, detail: key },
      did: 'nothing was started',
      next: ['delete the object, then decide again: sluice dead'],
    },
  )
