import { encodeBlock, openBlock } from '../codec/block.ts'
import { SluiceError } from '../model/errors.ts'
import type { BlobRef } from '../model/refs.ts'
import type { MapOutput } from '../model/task.ts'
import type { Bucket, Buckets, ShuffleInput } from './buckets.ts'

/** One block per map task: a section per reducer that gets anything. */
export function encodeBuckets(buckets: Buckets): Uint8Array {
  const sections = []
  for (const [section, bucket] of buckets.entries()) {
    const count = bucket.values.length
    if (count > 0) sections.push({ section, columns: columnsOf(bucket), count })
  }
  return encodeBlock(sections)
}

function columnsOf({ keys, values, hashes }: Bucket): (readonly unknown[])[] {
  if (!keys) return [values]
  return hashes ? [keys, values, hashes] : [keys, values]
}

/** The checksums of a block's sections, by reducer. */
export function sumsOf(block: Uint8Array, reducers: number): number[] {
  const sums = new Array<number>(reducers).fill(0)
  for (const { section, crc } of openBlock(block, 'a shuffle block').entries) sums[section] = crc
  return sums
}

interface ReadSections {
  readonly input: ShuffleInput
  /** Of the sections' checksums. */
  readonly sum: number
}

/** A reducer's section of every map task's block, in map order. */
export async function readSections(
  outputs: readonly MapOutput[],
  reducer: number,
  get: (ref: BlobRef) => Promise<Uint8Array>,
): Promise<ReadSections> {
  const wanted = outputs.filter((output) => output.counts[reducer] > 0)
  const blocks = await Promise.all(
    wanted.map(async (output) => ({ output, block: openBlock(await get(output.ref), output.ref.key) })),
  )
  return {
    input: blocks.map(({ output, block }) => asMany(output, reducer, bucketOf(block.read(reducer, 1)))),
    sum: blocks.reduce((sum, { block }) => sum + block.sectionRange(reducer).crc, 0),
  }
}

/** Always on: a reducer that gets more or fewer records than its map task sent must not go on. */
function asMany({ ref, counts }: MapOutput, reducer: number, bucket: Bucket): Bucket {
  if (bucket.values.length === counts[reducer]) return bucket
  throw new SluiceError(
    'E_BLOB_CORRUPT',
    `${ref.key} holds ${bucket.values.length} records for reducer ${reducer}, but ${counts[reducer]} were sent.`,
    {
      where: { object: ref.key, partition: reducer },
      did: 'nothing of it was used; the stages run again',
      retry: true,
    },
  )
}

/** The same from blocks at hand. */
export function decodeBuckets(blocks: readonly Uint8Array[], reducer: number): ShuffleInput {
  const opened = blocks.map((bytes) => openBlock(bytes, 'shuffle within a task'))
  return opened.filter((block) => block.has(reducer)).map((block) => bucketOf(block.read(reducer, 1)))
}

const bucketOf = (columns: readonly unknown[][]): Bucket =>
  columns.length > 1
    ? { keys: columns[0], values: columns[1], hashes: (columns[2] as number[] | undefined) ?? null }
    : { keys: null, values: columns[0] }

/** Several map partitions of one task as one map output, bucket by bucket. */
export function joinBuckets(parts: readonly Buckets[]): Buckets {
  if (parts.length === 1) return parts[0]
  return parts[0].map(({ keys, hashes }, reducer) => ({
    keys: keys ? parts.flatMap((part) => part[reducer].keys!) : null,
    ...(hashes ? { hashes: parts.flatMap((part) => part[reducer].hashes!) } : {}),
    values: parts.flatMap((part) => part[reducer].values),
  }))
}
