import { SluiceError } from '../../model/errors.ts'

/** What happened to received blocks, as a durable log keeps it. @testing */
export type BlockEvent<Block> =
  | { readonly kind: 'added'; readonly stream: number; readonly blocks: readonly Block[] }
  | {
      readonly kind: 'allocated'
      readonly time: number
      readonly blocks: readonly (readonly [stream: number, blocks: readonly Block[]])[]
    }
  | { readonly kind: 'cleaned'; readonly before: number }

/**
 * Resolves when the event is durable. Where blocks are objects whose names tell it all, no log is needed. @testing
 * Spark's cases of a log run on it.
 */
export interface BlockLog<Block> {
  append(event: BlockEvent<Block>): Promise<void>
  /** In the order they were appended. */
  read(): Promise<readonly BlockEvent<Block>[]>
  /** Batches before `time` are forgotten: events that only they need may go. */
  clean(time: number): Promise<void>
}

type Allocation<Block> = ReadonlyMap<number, readonly Block[]>

/**
 * Which blocks were received, and which batch got them (Spark: `ReceivedBlockTracker`). A batch takes all blocks that
 * wait, of all streams; asking again for its time gives the same ones. With a log, nothing changes here before it is
 * written there, so a failed write loses nothing.
 */
export class ReceivedBlockTracker<Block> {
  readonly #log: BlockLog<Block> | null
  readonly #identity: (block: Block) => unknown
  readonly #waiting = new Map<number, Block[]>()
  readonly #batches = new Map<number, Allocation<Block>>()
  #newest = -Infinity

  /** `identity` tells blocks apart when a log is replayed. */
  constructor(log: BlockLog<Block> | null = null, identity: (block: Block) => unknown = (block) => block) {
    this.#log = log
    this.#identity = identity
  }

  /** A tracker as the log describes it. */
  static async recover<Block>(
    log: BlockLog<Block>,
    identity?: (block: Block) => unknown,
  ): Promise<ReceivedBlockTracker<Block>> {
    const tracker = new ReceivedBlockTracker(log, identity)
    for (const event of await log.read()) tracker.#apply(event)
    return tracker
  }

  get hasLog(): boolean {
    return this.#log !== null
  }

  async addBlocks(stream: number, blocks: readonly Block[]): Promise<void> {
    await this.#record({ kind: 'added', stream, blocks })
  }

  /**
   * Gives all waiting blocks to batch `time`. Nothing happens for a time that is not after the newest allocated one.
   */
  async allocate(time: number): Promise<void> {
    if (time <= this.#newest) return
    await this.#record({
      kind: 'allocated',
      time,
      blocks: [...this.#waiting].map(([stream, blocks]) => [stream, [...blocks]] as const),
    })
  }

  blocksOfBatch(time: number, stream: number): readonly Block[] {
    return this.#batches.get(time)?.get(stream) ?? []
  }
  unallocated(stream: number): readonly Block[] {
    return this.#waiting.get(stream) ?? []
  }
  get hasUnallocated(): boolean {
    return [...this.#waiting.values()].some((blocks) => blocks.length > 0)
  }

  /** Forgets batches before `time`. */
  async cleanupOldBatches(time: number): Promise<void> {
    await this.#record({ kind: 'cleaned', before: time })
    await this.#log?.clean(time)
  }

  /**
   * Puts blocks that batches other than `time` got for nothing back in front of those that wait, and forgets these
   * batches. Without a log only: a log would not know of it.
   */
  giveBack(isLost: (block: Block) => boolean, time: number): void {
    if (this.#log) throw new SluiceError('E_RECEIVER_STATE', 'Blocks cannot be given back without telling the log.')
    for (const [other, batch] of [...this.#batches].sort(([a], [b]) => b - a)) {
      if (other === time) continue
      for (const [stream, blocks] of batch)
        this.#waiting.set(stream, [...blocks.filter(isLost), ...this.unallocated(stream)])
      this.#batches.delete(other)
    }
    this.#newest = this.#batches.has(time) ? time : -Infinity
  }

  async #record(event: BlockEvent<Block>): Promise<void> {
    await this.#log?.append(event)
    this.#apply(event)
  }

  #apply(event: BlockEvent<Block>): void {
    switch (event.kind) {
      case 'added':
        this.#waiting.set(event.stream, this.unallocated(event.stream).concat(event.blocks))
        return
      case 'allocated':
        this.#newest = event.time
        this.#batches.set(event.time, new Map(event.blocks))
        for (const [stream, blocks] of event.blocks) this.#remove(stream, new Set(blocks.map(this.#identity)))
        return
      case 'cleaned':
        for (const time of this.#batches.keys()) if (time < event.before) this.#batches.delete(time)
    }
  }

  #remove(stream: number, gone: ReadonlySet<unknown>): void {
    this.#waiting.set(
      stream,
      this.unallocated(stream).filter((block) => !gone.has(this.#identity(block))),
    )
  }
}
