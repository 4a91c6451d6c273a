import type { SluiceError } from '../../model/errors.ts'
import type { Cut } from '../../model/manifest.ts'
import type { CutRequest, ReceiverEnvironment, SourceIo } from '../source.ts'
import { type BlockPosition, isAfter, NO_BLOCKS, positionAfter, withoutEnded } from './block-position.ts'
import { BlockWriter, listBlocks, type ReceivedBlock } from './block-writer.ts'
import type { BlockSplit } from './blocks-elsewhere.ts'
import { ReceivedBlockTracker } from './received-block-tracker.ts'
import type { Receiver } from './receiver.ts'
import { ReceiverSupervisor } from './supervisor.ts'

/** The one stream of this tracker. */
const STREAM = 0

/** A receiver that runs in this process, and the blocks that it stores, as batches of this process take them. */
export class ReceivingHere<T> {
  readonly #receiver: Receiver<T>
  #tracker: Promise<ReceivedBlockTracker<ReceivedBlock>> | null = null
  #known: ReceivedBlockTracker<ReceivedBlock> | null = null
  #supervisor: ReceiverSupervisor<T> | null = null
  #run: string | null = null
  /** Blocks that are stored, as far as this process knows, for `committed` to delete. */
  #stored: ReceivedBlock[] = []

  constructor(receiver: Receiver<T>) {
    this.#receiver = receiver
  }

  async cut({ time, position, io }: CutRequest<BlockPosition>): Promise<Cut<BlockPosition, BlockSplit>> {
    const from = position ?? NO_BLOCKS
    const tracker = await (this.#tracker ??= this.#find(from, io))
    tracker.giveBack((block) => isAfter(from, block), time)
    await tracker.allocate(time)
    this.#supervisor?.endBatch()
    const blocks = tracker.blocksOfBatch(time, STREAM).filter((block) => isAfter(from, block))
    return {
      position: this.#positionAfter(from, blocks),
      splits: blocks.map(({ key, records }) => ({ key, records })),
      records: blocks.reduce((sum, block) => sum + block.records, 0),
    }
  }

  async committed(done: BlockPosition, io: SourceIo): Promise<void> {
    const gone = this.#stored.filter((block) => !isAfter(done, block))
    await Promise.all(gone.map((block) => io.blobs.delete(block.key)))
    const deleted = new Set(gone)
    this.#stored = this.#stored.filter((block) => !deleted.has(block))
  }

  async start(environment: ReceiverEnvironment): Promise<void> {
    const { io, position, isPlannedElsewhere } = environment
    // The time in front keeps the blocks of several runs in the order they came.
    this.#run = `${String(io.clock.now()).padStart(15, '0')}-${io.random.newId()}`
    this.#tracker = isPlannedElsewhere ? null : this.#find((position ?? NO_BLOCKS) as BlockPosition, io)
    const tracker = await this.#tracker
    const writer = new BlockWriter(io, this.#run, async (block) => {
      this.#stored.push(block)
      await tracker?.addBlocks(STREAM, [block])
    })
    this.#supervisor = new ReceiverSupervisor(this.#receiver, environment, writer, () => this.waiting())
    this.#supervisor.start()
  }

  /** Whether graceful or not, what was received is stored: it belongs to the next cut, here or after the next start. */
  async stop(): Promise<void> {
    await this.#supervisor?.close('Stopped by driver')
  }

  failure(): SluiceError | null {
    return this.#supervisor?.failure() ?? null
  }

  waiting(): number {
    // Where batches are planned elsewhere, blocks are forgotten as they are committed.
    return this.#known ? this.#known.unallocated(STREAM).length : this.#stored.length
  }

  updateRate(rate: number): void {
    this.#supervisor?.updateRate(rate)
  }

  /** Blocks of earlier runs that no committed batch has. */
  async #find(position: BlockPosition, io: SourceIo): Promise<ReceivedBlockTracker<ReceivedBlock>> {
    const tracker = new ReceivedBlockTracker<ReceivedBlock>(null, (block) => block.key)
    this.#known = tracker
    this.#stored = await listBlocks(io)
    const waiting = this.#stored.filter((block) => isAfter(position, block))
    if (waiting.length > 0) await tracker.addBlocks(STREAM, waiting)
    return tracker
  }

  #positionAfter(from: BlockPosition, blocks: readonly ReceivedBlock[]): BlockPosition {
    const going = new Set(this.#stored.map(({ run }) => run))
    if (this.#run !== null) going.add(this.#run)
    return withoutEnded(positionAfter(from, blocks), going)
  }
}
