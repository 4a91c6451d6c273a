import { getBlob, putBlob } from '../../../checkpoint/blobs.ts'
import type { BlobStore } from '../../../host/blob-store.ts'
import { SluiceError } from '../../../model/errors.ts'
import type { BlobRef } from '../../../model/refs.ts'

/** A value on its way to or from a function: as it is, or where it lies when it is too big for the trip. */
export type Packed<T> = { readonly value: T } | { readonly ref: BlobRef }

/** A request and an answer hold 6 MB each; a request carries two packed values. */
export const PACKED_BYTES_MAX = 2_500_000

export async function pack<T>(
  value: T,
  blobs: BlobStore,
  key: string,
  bytesMax = PACKED_BYTES_MAX,
): Promise<Packed<T>> {
  const text = JSON.stringify(value)
  const bytes = Buffer.byteLength(text)
  return bytes <= bytesMax ? { value } : { ref: await putBlob(blobs, key, Buffer.from(text)) }
}

export async function unpack<T>(packed: Packed<T>, blobs: BlobStore): Promise<T> {
  if ('value' in packed) return packed.value
  const bytes = await getBlob(blobs, packed.ref)
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8')) as T
  } catch {
    // The words of the parser would quote the text.
    throw new SluiceError('E_BLOB_CORRUPT', `${packed.ref.key} is not JSON.`, {
      where: { detail: packed.ref.key },
      did: 'the object was not used',
    })
  }
}
