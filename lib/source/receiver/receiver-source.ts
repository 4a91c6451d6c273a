import type { SluiceError } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import { loadedLater } from '../../model/loaded-later.ts'
import type { Cut } from '../../model/manifest.ts'
import type { CutRequest, ReceiverControl, ReceiverEnvironment, Source, SourceIo } from '../source.ts'
import { type BlockPosition, isAfter, NO_BLOCKS, positionAfter, withoutEnded } from './block-position.ts'
import type { ReceivedBlock } from './block-writer.ts'
import type { BlocksElsewhere, BlockSplit } from './blocks-elsewhere.ts'
import type { ReceivedBlockTracker } from './received-block-tracker.ts'
import type { Receiver } from './receiver.ts'
import type { ReceiverSupervisor } from './supervisor.ts'

/**
 * A stream of what a receiver receives (Spark: `ReceiverInputDStream`). A batch takes the blocks registered since the
 * last one, a partition each; without any it is empty. Blocks outlive the process that received them: those that no
 * committed batch has are found again by name.
 */
export const receiverSource = <T>(
  receiver: Receiver<T>,
  facts: SourceFacts = { name: 'Pluggable stream' },
): Source<T> => Object.assign(new ReceiverSource(receiver, facts.name), facts)

/** What is known of a source besides what it does. */
type SourceFacts = Pick<Source<unknown>, 'name' | 'address' | 'lines'>

/** Who only plans batches receives nothing, and a program without receivers has no blocks. */
const supervisor = loadedLater(() => import('./supervisor.ts'))
const storedBlocks = loadedLater(async () => {
  const { BlockWriter, listBlocks, readReceived } = await import('./block-writer.ts')
  const { asUndecoded } = await import('./refused.ts')
  return { BlockWriter, listBlocks, readReceived, asUndecoded }
})
const elsewhere = loadedLater(() => import('./blocks-elsewhere.ts'))
const receivedBlocks = loadedLater(async () => {
  const { ReceivedBlockTracker } = await import('./received-block-tracker.ts')
  return ReceivedBlockTracker
})

/** The one stream of this tracker. */
const STREAM = 0

class ReceiverSource<T> implements Source<T, BlockPosition, BlockSplit>, ReceiverControl {
  readonly name: string
  readonly receiver: ReceiverControl = this
  readonly #receiver: Receiver<T>
  #tracker: Promise<ReceivedBlockTracker<ReceivedBlock>> | null = null
  #known: ReceivedBlockTracker<ReceivedBlock> | null = null
  #supervisor: ReceiverSupervisor<T> | null = null
  #run: string | null = null
  #receivesHere = true
  /** Where another process receives. */
  #elsewhere: BlocksElsewhere | null = null
  /** Blocks that are stored, as far as this process knows, for `committed` to delete. */
  #stored: ReceivedBlock[] = []

  constructor(receiver: Receiver<T>, name: string) {
    this.#receiver = receiver
    this.name = name
  }

  // — the source

  async cut({ time, position, io }: CutRequest<BlockPosition>): Promise<Cut<BlockPosition, BlockSplit>> {
    const from = position ?? NO_BLOCKS
    if (!this.#receivesHere) return (await this.#fromElsewhere()).cut(from, io)
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

  async *read({ key }: BlockSplit, io: SourceIo): AsyncGenerator<readonly T[]> {
    const { readReceived, asUndecoded } = await storedBlocks()
    const { records, refused } = readReceived(await io.blobs.get(key), key)
    for (const each of refused) io.undecoded?.(asUndecoded(each))
    yield records as T[]
  }

  async committed(done: BlockPosition, io: SourceIo): Promise<void> {
    if (!this.#receivesHere) return (await this.#fromElsewhere()).committed(done, io)
    const gone = this.#stored.filter((block) => !isAfter(done, block))
    await Promise.all(gone.map((block) => io.blobs.delete(block.key)))
    const deleted = new Set(gone)
    this.#stored = this.#stored.filter((block) => !deleted.has(block))
  }

  // — the receiver

  receivesElsewhere(): void {
    this.#receivesHere = false
  }

  async #fromElsewhere(): Promise<BlocksElsewhere> {
    const { BlocksElsewhere: Elsewhere } = await elsewhere()
    return (this.#elsewhere ??= new Elsewhere())
  }

  async start(environment: ReceiverEnvironment): Promise<void> {
    const { io, position, isPlannedElsewhere } = environment
    // The time in front keeps the blocks of several runs in the order they came.
    this.#run = `${String(io.clock.now()).padStart(15, '0')}-${io.random.newId()}`
    const { ReceiverSupervisor: Supervisor } = await supervisor()
    const tracker = isPlannedElsewhere ? null : await this.#startTracker(position, io)
    const { BlockWriter } = await storedBlocks()
    const writer = new BlockWriter(io, this.#run, async (block) => {
      this.#stored.push(block)
      await tracker?.addBlocks(STREAM, [block])
    })
    this.#supervisor = new Supervisor(this.#receiver, environment, writer, () => this.waiting())
    this.#supervisor.start()
  }

  #startTracker(position: Json | null, io: SourceIo): Promise<ReceivedBlockTracker<ReceivedBlock>> {
    return (this.#tracker = this.#find((position ?? NO_BLOCKS) as BlockPosition, io))
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
    const Tracker = await receivedBlocks()
    const tracker = new Tracker<ReceivedBlock>(null, (block) => block.key)
    this.#known = tracker
    this.#stored = await (await storedBlocks()).listBlocks(io)
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
