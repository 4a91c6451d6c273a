import { crc32 } from 'node:zlib'
import type { BlobStore } from '../host/blob-store.ts'
import type { OwedOutput } from '../model/head.ts'
import { SluiceError } from '../model/errors.ts'
import type { ObjectKeys } from './object-keys.ts'

/** What somebody decided about outputs that owe batches: try them now, or give up what they owe. */
export interface OutputWish {
  readonly wish: 'retry' | 'drop'
  readonly outputs: readonly string[]
  /** Batches up to here are meant: what fails later was not known to who wished. */
  readonly upTo: number
}

interface StoredOutputWish extends OutputWish {
  readonly key: string
}

export const putOutputWish = (blobs: BlobStore, keys: ObjectKeys, wish: OutputWish, run: string): Promise<void> =>
  blobs.putNew(keys.outputWish(run), Buffer.from(JSON.stringify({ ...wish, crc: sumOf(wish) })))

/** All that are left; whoever holds the head grants them, and deletes them then. */
export async function readOutputWishes(blobs: BlobStore, keys: ObjectKeys): Promise<StoredOutputWish[]> {
  const found = await blobs.list(keys.outputWishes)
  return Promise.all(found.map(async (key) => ({ ...decoded(await blobs.get(key), key), key })))
}

/** Nothing refers to a wish, so it carries its checksum itself. */
function decoded(bytes: Uint8Array, key: string): OutputWish {
  try {
    const { crc, ...wish } = JSON.parse(Buffer.from(bytes).toString()) as OutputWish & { readonly crc: number }
    if (crc === sumOf(wish)) return wish
  } catch {
    // Damaged as well.
  }
  throw new SluiceError('E_BLOB_CORRUPT', `${key} is no decision about outputs.`, {
    where: { detail: key },
    did: 'nothing was given up',
    next: ['delete the object, then decide again: sluice outputs'],
  })
}

const sumOf = ({ wish, outputs, upTo }: OutputWish): number => crc32(JSON.stringify([wish, outputs, upTo]))

/** Whether somebody gave up this batch of this output. */
export const isDropped = (
  wishes: readonly OutputWish[],
  { output, batch }: Pick<OwedOutput, 'output' | 'batch'>,
): boolean => wishes.some(({ wish, outputs, upTo }) => wish === 'drop' && batch <= upTo && outputs.includes(output))
