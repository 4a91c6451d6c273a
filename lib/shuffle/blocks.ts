import { encodeBlock, openBlock, readSection } from '../codec/block.ts'
import { SluiceError } from '../model/errors.ts'
import type { BlobRef } from '../model/refs.ts'
import type { MapOutput } from '../model/task.ts'
import type { Bucket, Buckets, ShuffleInput } from './buckets.ts'
import { type ReducerRange, startOf } from './own-sections.ts'

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

/** Checksums and sizes of a block's sections, by reducer. */
export function sectionsOf(block: Uint8Array, reducers: number): Required<Pick<MapOutput, 'sums' | 'sizes'>> {
  const sums = new Array<number>(reducers).fill(0)
  const sizes = new Array<number>(reducers).fill(0)
  for (const { section, crc, length } of openBlock(block, 'a shuffle block').entries) {
    sums[section] = crc
    sizes[section] = length
  }
  return { sums, sizes }
}

/** How the bytes of a block are come by. */
interface BlockBytes {
  /** The whole block. */
  get(ref: BlobRef): Promise<Uint8Array>
  /** `length` bytes from `offset`, unverified. */
  range(ref: BlobRef, offset: number, length: number): Promise<Uint8Array>
}

/** What a task keeps of blocks for its next partitions: no more than this is read at once for several of them. */
const TOGETHER_BYTES_MAX = 32 * 2 ** 20

/**
 * Sections as one task reads them. What lies in the store is asked for once for all reducers of the task, from the
 * first section to the last, and nothing else of a block; what is much is asked for reducer by reducer.
 */
export class SectionReader {
  readonly #bytes: BlockBytes
  readonly #together = new Map<string, Promise<Uint8Array>>()
  readonly #decoded = new Map<Sections, Uint8Array>()

  constructor(bytes: BlockBytes) {
    this.#bytes = bytes
  }

  /** A reducer's section of every map task's block, in map order. `range`: what else this task will read of them. */
  async read(outputs: readonly MapOutput[], reducer: number, range?: ReducerRange): Promise<ReadSections> {
    const wanted = outputs.filter((output) => output.counts[reducer] > 0)
    const together = range && wanted.length > 0 ? withinBounds(wanted, clipped(range, reducer, wanted)) : undefined
    const sections = await Promise.all(wanted.map((output) => this.#readOne(output, reducer, together)))
    return { input: sections.map(({ bucket }) => bucket), sum: sections.reduce((sum, { crc }) => sum + crc, 0) }
  }

  async #readOne(
    output: MapOutput,
    reducer: number,
    together: ReducerRange | undefined,
  ): Promise<{ readonly bucket: Bucket; readonly crc: number }> {
    const { ref, sizes, counts, sums } = output
    // A block that travels whole is at hand.
    if (sizes === undefined || ref.inline !== undefined) {
      const block = openBlock(await this.#bytes.get(ref), ref.key)
      const bucket = asMany(output, reducer, bucketOf(block.read(reducer, 1)))
      return { bucket, crc: block.sectionRange(reducer).crc }
    }
    const bytes = await this.#section(output, sizes, reducer, together)
    const entry = { section: reducer, length: sizes[reducer], count: counts[reducer], crc: sums[reducer] }
    return { bucket: asMany(output, reducer, bucketOf(readSection(entry, bytes, ref.key, 1))), crc: entry.crc }
  }

  async #section(
    { ref, sections }: MapOutput,
    sizes: readonly number[],
    reducer: number,
    together: ReducerRange | undefined,
  ): Promise<Uint8Array> {
    const from = startOf(sizes, reducer)
    if (sections) {
      const at = Math.max(0, from - startOf(sizes, sections.first))
      return this.#travelled(sections).subarray(at, at + sizes[reducer])
    }
    if (!together) return this.#bytes.range(ref, from, sizes[reducer])
    const start = startOf(sizes, together.first)
    const name = `${ref.key} ${together.first}`
    const read = this.#together.get(name) ?? this.#bytes.range(ref, start, startOf(sizes, together.last + 1) - start)
    this.#together.set(name, read)
    return (await read).subarray(from - start, from - start + sizes[reducer])
  }

  /** A section that is not among them is told by its checksum. */
  #travelled(sections: Sections): Uint8Array {
    const known = this.#decoded.get(sections) ?? Buffer.from(sections.bytes, 'base64')
    this.#decoded.set(sections, known)
    return known
  }
}

type Sections = Required<MapOutput>['sections']

/** Reducers of this shuffle that the task works for; just the one if it is none of them. */
function clipped({ first, last }: ReducerRange, reducer: number, outputs: readonly MapOutput[]): ReducerRange {
  if (reducer < first || reducer > last) return { first: reducer, last: reducer }
  return { first, last: Math.min(last, outputs[0].counts.length - 1) }
}

function withinBounds(outputs: readonly MapOutput[], range: ReducerRange): ReducerRange | undefined {
  let bytes = 0
  for (const { sizes = [] } of outputs) bytes += startOf(sizes, range.last + 1) - startOf(sizes, range.first)
  return range.last > range.first && bytes <= TOGETHER_BYTES_MAX ? range : undefined
}

interface ReadSections {
  readonly input: ShuffleInput
  /** Of the sections' checksums. */
  readonly sum: number
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
