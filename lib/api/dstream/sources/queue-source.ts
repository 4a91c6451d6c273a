import { encodeBlock, openBlock } from '../../../codec/block.ts'
import type { Cut } from '../../../model/manifest.ts'
import type { CutRequest, Source, SourceIo } from '../../../source/source.ts'
import { ArraySink } from '../../../lineage/node.ts'
import { RDD } from '../../rdd/rdd.ts'
import { needsQueue, needsQueued } from '../operators/given-arguments.ts'

interface QueueOptions<T> {
  /** Whether a batch takes one item of the queue (default), or all that are there. */
  readonly oneAtATime?: boolean
  /** What a batch gets when the queue is empty; without it, an empty batch. */
  readonly defaultRDD?: RDD<T> | null
  /** Partitions of items that are plain arrays (default 1). */
  readonly slices?: number
}

/**
 * Items that the program itself queues (Spark: `queueStream`), for tests and first steps: they are lost with the
 * process. `queue` stays the program's: what is pushed later is seen, and what a batch takes is removed.
 */
export function queueSource<T>(queue: (RDD<T> | readonly T[])[], options: QueueOptions<T> = {}): Source<T> {
  needsQueue(queue)
  if (options.defaultRDD !== undefined && options.defaultRDD !== null) needsQueued(options.defaultRDD)
  return new QueueSource(queue, options)
}

/** How many items batches have taken so far. */
type Position = {
  readonly taken: number
}

type Split = { readonly data: string } | { readonly key: string }

const INLINE_BYTES_MAX = 16 * 1024

class QueueSource<T> implements Source<T, Position, Split> {
  readonly name = 'Queue stream'
  readonly unrecoverable =
    "queueStream doesn't support checkpointing. Please don't use queueStream when checkpointing is enabled."
  readonly #queue: (RDD<T> | readonly T[])[]
  readonly #options: QueueOptions<T>
  /** What the batch that began at `from` has taken. */
  #taken: Taken = { from: 0, items: [] }
  #default: readonly Item[] | null = null
  #objects: { readonly from: number; readonly keys: readonly string[] }[] = []

  constructor(queue: (RDD<T> | readonly T[])[], options: QueueOptions<T>) {
    this.#queue = queue
    this.#options = options
  }

  async cut({ position, io }: CutRequest<Position>): Promise<Cut<Position, Split>> {
    const { taken: from } = position ?? { taken: 0 }
    // At the same position, the batch before was not committed: what it took is taken again.
    if (this.#taken.from !== from) this.#taken = { from, items: [] }
    while (this.#queue.length > 0 && !(this.#oneAtATime && this.#taken.items.length > 0)) await this.#take(io)
    const { items } = this.#taken
    const shown = items.length > 0 ? items : await this.#defaultItems(io)
    return {
      position: { taken: from + items.length },
      splits: shown.flatMap((item) => item.splits),
      records: shown.reduce((sum, item) => sum + item.records, 0),
    }
  }

  read(split: Split, io: SourceIo): Iterable<readonly T[]> | AsyncIterable<readonly T[]> {
    return 'data' in split
      ? [recordsIn<T>(Buffer.from(split.data, 'base64'), 'queued records')]
      : fetched<T>(split.key, io)
  }

  async committed({ taken }: Position, { blobs }: SourceIo): Promise<void> {
    const done = this.#objects.filter(({ from }) => from < taken)
    this.#objects = this.#objects.filter(({ from }) => from >= taken)
    for (const key of done.flatMap(({ keys }) => keys)) await blobs.delete(key)
  }

  get #oneAtATime(): boolean {
    return this.#options.oneAtATime ?? true
  }

  /** What could not be computed or stored goes back. */
  async #take(io: SourceIo): Promise<void> {
    const queued = this.#queue.shift()!
    const { from, items } = this.#taken
    try {
      const item = await stored(this.#partitionsOf(queued), io)
      this.#taken = { from, items: [...items, item] }
      this.#objects.push({ from, keys: item.splits.flatMap((split) => ('key' in split ? [split.key] : [])) })
    } catch (error) {
      this.#queue.unshift(queued)
      throw error
    }
  }

  /** Stored once, for all batches that get it. */
  async #defaultItems(io: SourceIo): Promise<readonly Item[]> {
    const { defaultRDD } = this.#options
    if (!defaultRDD) return []
    return (this.#default ??= [await stored(this.#partitionsOf(defaultRDD), io)])
  }

  #partitionsOf(queued: RDD<T> | readonly T[]): Partitions {
    if (queued instanceof RDD) return partitionsOf(queued)
    if (!Array.isArray(queued)) needsQueued(queued)
    return slicesOf(queued, this.#options.slices ?? 1)
  }
}

interface Taken {
  readonly from: number
  readonly items: readonly Item[]
}

type Partitions = readonly (readonly unknown[])[]

async function stored(partitions: Partitions, io: SourceIo): Promise<Item> {
  const splits: Split[] = []
  for (const records of partitions) splits.push(await putRecords(records, io))
  return { splits, records: partitions.reduce((sum, records) => sum + records.length, 0) }
}

/** One queued RDD, stored. */
interface Item {
  readonly splits: readonly Split[]
  readonly records: number
}

function partitionsOf<T>(rdd: RDD<T>): Partitions {
  const splits = Array.from({ length: rdd.node.partitions }, (_, split) => split)
  return rdd.runner.runJob(rdd.node, splits, () => {
    const sink = new ArraySink<T>()
    return { sink, finish: () => sink.records }
  })
}

const slicesOf = (records: readonly unknown[], slices: number): Partitions =>
  Array.from({ length: slices }, (_, i) =>
    records.slice(Math.floor((i * records.length) / slices), Math.floor(((i + 1) * records.length) / slices)),
  )

/** Small partitions travel in the plan. */
async function putRecords(records: readonly unknown[], { blobs, prefix, random }: SourceIo): Promise<Split> {
  const bytes = encodeBlock([{ section: 0, columns: [records], count: records.length }], 'queued records')
  if (bytes.length <= INLINE_BYTES_MAX) return { data: Buffer.from(bytes).toString('base64') }
  const key = `${prefix}${random.newId()}`
  await blobs.putNew(key, bytes)
  return { key }
}

const recordsIn = <T>(bytes: Uint8Array, what: string): T[] => openBlock(bytes, what).read(0, 1)[0] as T[]

async function* fetched<T>(key: string, { blobs }: SourceIo): AsyncGenerator<T[]> {
  yield recordsIn<T>(await blobs.get(key), key)
}
