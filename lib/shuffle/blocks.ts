import { encodeBlock, openBlock } from '../model/codec/block.ts'
import { SluiceError } from '../model/errors.ts'
import type { BlobRef } from '../model/refs.ts'
import type { MapOutput } from '../model/task.ts'
import type { Bucket, Buckets, ShuffleInput } from './buckets.ts'

/** One block per map task: a section per reducer that gets anything. */
export function encodeBuckets(buckets: Buckets): Uint8Array {
  const sections = []
  for (const [section, { keys, values }] of buckets.entries()) {
    if (values.length > 0) sections.push({ section, columns: keys ? [keys, values] : [values], count: values.length })
  }
  return encodeBlock(sections)
}

/** A reducer's section of every map task's block, in map order. */
export async function readSections(outputs: readonly MapOutput[], reducer: number, get: (ref: BlobRef) => Promise<Uint8Array>): Promise<ShuffleInput> {
  const wanted = outputs.filter((output) => output.counts[reducer] > 0)
  return Promise.all(wanted.map(async (output) => asMany(output, reducer, bucketOf(openBlock(await get(output.ref), output.ref.key).read(reducer, 1)))))
}

/** Always on: a reducer that gets more or fewer records than its map task sent must not go on. */
function asMany({ ref, counts }: MapOutput, reducer: number, bucket: Bucket): Bucket {
  if (bucket.values.length === counts[reducer]) return bucket
  throw new SluiceError('E_BLOB_CORRUPT', `${ref.key} holds ${bucket.values.length} records for reducer ${reducer}, but ${counts[reducer]} were sent.`, {
    where: { partition: reducer }, did: 'nothing of it was used; the stages run again', retry: true,
  })
}

/** The same from blocks at hand. */
export function decodeBuckets(blocks: readonly Uint8Array[], reducer: number): ShuffleInput {
  const opened = blocks.map((bytes) => openBlock(bytes, 'shuffle within a task'))
  return opened.filter((block) => block.has(reducer)).map((block) => bucketOf(block.read(reducer, 1)))
}

const bucketOf = (columns: readonly unknown[][]): Bucket => (columns.length === 2 ? { keys: columns[0], values: columns[1] } : { keys: null, values: columns[0] })

/** Several map partitions of one task as one map output, bucket by bucket. */
export function joinBuckets(parts: readonly Buckets[]): Buckets {
  if (parts.length === 1) return parts[0]
  return parts[0].map((first, reducer) => ({
    keys: first.keys ? parts.flatMap((part) => part[reducer].keys!) : null,
    values: parts.flatMap((part) => part[reducer].values),
  }))
}
