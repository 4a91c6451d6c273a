import { crc32 } from 'node:zlib'
import type { BlobReader, BlobStore } from '../host/blob-store.ts'
import { hasCode, located, SluiceError } from '../model/errors.ts'
import type { BlobRef } from '../model/refs.ts'

/**
 * Up to this size an object travels inside its reference: a round trip to the blob store would cost more than the
 * bytes.
 */
const INLINE_BYTES_MAX = 1024

/** Whether bytes travel inside their reference. */
export const travels = (bytes: Uint8Array): boolean => bytes.length <= INLINE_BYTES_MAX

/** Stores bytes under a fresh name, or inside the reference when they are few. */
export async function putBlob(
  blobs: BlobStore,
  key: string,
  bytes: Uint8Array,
  inlineMax = INLINE_BYTES_MAX,
): Promise<BlobRef> {
  const ref = { key, len: bytes.length, crc: crc32(bytes) }
  if (bytes.length <= inlineMax) return { ...ref, inline: Buffer.from(bytes).toString('base64') }
  await blobs.putNew(key, bytes)
  return ref
}

/**
 * Leaves what `bytesOf` makes unwritten where the store's objects end with this process: whoever reads it finds it as
 * it is, and for the others there is nothing to find.
 */
export async function putUnwritten(blobs: BlobStore, key: string, bytesOf: () => Uint8Array): Promise<BlobRef> {
  if (!blobs.putUnwritten) return putBlob(blobs, key, bytesOf())
  await blobs.putUnwritten(key, bytesOf)
  return { key, len: 0, crc: 0, unwritten: true }
}

/**
 * The bytes of a reference, verified. Throws `E_BLOB_MISSING`, or `E_BLOB_CORRUPT` when they are not what was written.
 */
export async function getBlob(blobs: BlobReader, ref: BlobRef): Promise<Uint8Array> {
  if (ref.unwritten) return bytesAt(blobs, ref.key)
  const bytes = ref.inline === undefined ? await storedBytes(blobs, ref) : Buffer.from(ref.inline, 'base64')
  if (bytes.length === ref.len && crc32(bytes) === ref.crc) return bytes
  const checksum = bytes.length === ref.len ? 'differs' : 'not compared'
  throw notAsWritten(ref, `${bytes.length} of ${ref.len} bytes, checksum ${checksum}`)
}

const notAsWritten = ({ key }: BlobRef, why: string): SluiceError =>
  new SluiceError('E_BLOB_CORRUPT', `${key} is not what was written: ${why}.`, {
    where: { object: key, detail: key },
    did: 'the object was not used',
    next: ['restore the object from a backup', 'sluice verify --dir <dir>'],
  })

/**
 * Some bytes of what a reference stands for: the caller knows a checksum of theirs. Throws `E_BLOB_MISSING` and
 * `E_BLOB_RANGE`.
 */
export async function getBlobRange(
  blobs: Pick<BlobStore, 'getRange'>,
  { key }: BlobRef,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  try {
    return await blobs.getRange(key, offset, length)
  } catch (error) {
    throw located(error, { object: key })
  }
}

async function storedBytes(blobs: BlobReader, ref: BlobRef): Promise<Uint8Array> {
  const { key, at, len } = ref
  if (at === undefined) return bytesAt(blobs, key)
  try {
    return await getBlobRange(blobs, ref, at, len)
  } catch (error) {
    if (hasCode(error, 'E_BLOB_RANGE')) throw notAsWritten(ref, `it ends before its byte ${at + len}`)
    throw error
  }
}

async function bytesAt(blobs: BlobReader, key: string): Promise<Uint8Array> {
  try {
    return await blobs.get(key)
  } catch (error) {
    throw located(error, { object: key })
  }
}
