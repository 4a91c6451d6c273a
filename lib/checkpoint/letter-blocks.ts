import type { BlobStore } from '../host/blob-store.ts'
import { encodeBlock, openBlock } from '../codec/block.ts'
import type { DeadLetter, DeadLetterFacts, DeadLetters } from '../model/dead-letter.ts'
import { SluiceError } from '../model/errors.ts'
import type { BatchNumber } from '../model/ids.ts'
import { both, fields, list, truth } from '../model/shape.ts'
import { getBlob, putBlob } from './blobs.ts'
import { idsOf, letterFacts } from './dead-letters.ts'
import { shapeError } from './ref-shape.ts'

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
 * Stores what an output was shown without. The key is of this showing alone, and of a batch to come. Were it that of
 * the content, an output that is shown again would name what was found to be nobody's, and is swept. Were it that of
 * the batch that is shown, it would be found so before the mark, and go while manifests above the floor name it.
 */
export async function putOutputLetters(
  blobs: BlobStore,
  key: string,
  batch: BatchNumber,
  letters: readonly (DeadLetterFacts & { readonly record: unknown })[],
): Promise<DeadLetters> {
  const ref = await putBlob(blobs, key, encodeLetters(letters), 0)
  return { batch, open: { [letters[0]!.source]: letters.map(({ id }) => id) }, ref, ofOutput: true }
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

const storedLetters = list(both(letterFacts, fields({ isStored: truth })))

/** Throws what `openBlock` throws, and `E_BLOB_CORRUPT` for what are no letters. */
export function decodeLetters(bytes: Uint8Array, what: string): DeadLetter[] {
  const [letters] = openBlock(bytes, what).read(0, 1)
  const wrong = storedLetters(letters)
  if (wrong === null) return letters as DeadLetter[]
  throw shapeError('E_BLOB_CORRUPT', `${what} holds no dead letters`, wrong, what)
}

/** The open letters themselves, oldest first. */
export async function readOpenLetters(blobs: BlobStore, letters: readonly DeadLetters[]): Promise<DeadLetter[]> {
  const open = new Set(idsOf(letters))
  const stored = await Promise.all(letters.map(async ({ ref }) => decodeLetters(await getBlob(blobs, ref), ref.key)))
  return stored.flat().filter(({ id }) => open.has(id))
}
