import { own } from '../../model/given.ts'
import type { SluiceError } from '../../model/errors.ts'
import type { Cut } from '../../model/manifest.ts'
import type { CutRequest, ReceiverControl, ReceiverEnvironment, Source, SourceIo } from '../source.ts'
import { BlockWriter, listBlocks, readReceived, type ReceivedBlock } from './block-writer.ts'
import { ReceivedBlockTracker } from './received-block-tracker.ts'
import { asUndecoded } from './refused.ts'
import type { Receiver } from './receiver.ts'
import { ReceiverSupervisor } from './supervisor.ts'

/** For each run of the receiver that may have blocks: the first `seq` that no batch has. */
type Position = {
  readonly runs: Readonly<Record<string, number>>
}

const NOTHING: Position = { runs: {} }

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

type Split = { readonly key: string; readonly records: number }

/** Runs that are over and have no blocks left, but are remembered: the newest. */
const ENDED_KEPT = 8

/** The one stream of this tracker. */
const STREAM = 0

class ReceiverSource<T> implements Source<T, Position, Split>, ReceiverControl {
  readonly name: string
  readonly receiver: ReceiverControl = this
  readonly #receiver: Receiver<T>
  #tracker: Promise<ReceivedBlockTracker<ReceivedBlock>> | null = null
  #known: ReceivedBlockTracker<ReceivedBlock> | null = null
  #supervisor: ReceiverSupervisor<T> | null = null
  #run: string | null = null
  /** Blocks that are stored, as far as this process knows, for `committed` to delete. */
  #stored: ReceivedBlock[] = []

  constructor(receiver: Receiver<T>, name: string) {
    this.#receiver = receiver
    this.name = name
  }

  // — the source

  async cut({ time, position, io }: CutRequest<Position>): Promise<Cut<Position, Split>> {
    const from = position ?? NOTHING
    const tracker = await (this.#tracker ??= this.#find(from, io))
    tracker.giveBack((block) => isAfter(from, block), time)
    await tracker.allocate(time)
    const blocks = tracker.blocksOfBatch(time, STREAM).filter((block) => isAfter(from, block))
    return {
      position: this.#positionAfter(from, blocks),
      splits: blocks.map(({ key, records }) => ({ key, records })),
      records: blocks.reduce((sum, block) => sum + block.records, 0),
    }
  }

  async *read({ key }: Split, io: SourceIo): AsyncGenerator<readonly T[]> {
    const { records, refused } = readReceived(await io.blobs.get(key), key)
    for (const each of refused) io.undecoded?.(asUndecoded(each))
    yield records as T[]
  }

  async committed(done: Position, io: SourceIo): Promise<void> {
    const gone = this.#stored.filter((block) => !isAfter(done, block))
    await Promise.all(gone.map((block) => io.blobs.delete(block.key)))
    const deleted = new Set(gone)
    this.#stored = this.#stored.filter((block) => !deleted.has(block))
  }

  // — the receiver

  async start(environment: ReceiverEnvironment): Promise<void> {
    const { io, position } = environment
    // The time in front keeps the blocks of several runs in the order they came.
    this.#run = `${String(io.clock.now()).padStart(15, '0')}-${io.random.newId()}`
    this.#tracker = this.#find((position ?? NOTHING) as Position, io)
    const tracker = await this.#tracker
    const writer = new BlockWriter(io, this.#run, (block) => {
      this.#stored.push(block)
      return tracker.addBlocks(STREAM, [block])
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
    return this.#known?.unallocated(STREAM).length ?? 0
  }
  updateRate(rate: number): void {
    this.#supervisor?.updateRate(rate)
  }

  /** Blocks of earlier runs that no committed batch has. */
  async #find(position: Position, io: SourceIo): Promise<ReceivedBlockTracker<ReceivedBlock>> {
    const tracker = new ReceivedBlockTracker<ReceivedBlock>(null, (block) => block.key)
    this.#known = tracker
    this.#stored = await listBlocks(io)
    const waiting = this.#stored.filter((block) => isAfter(position, block))
    if (waiting.length > 0) await tracker.addBlocks(STREAM, waiting)
    return tracker
  }

  /**
   * A run without stored blocks needs no number any more, unless it is the one that goes on, or ended lately: a block
   * of it that was put twice may come back when it has been read and deleted.
   */
  #positionAfter(from: Position, blocks: readonly ReceivedBlock[]): Position {
    const needed = new Set([...this.#stored.map((block) => block.run), this.#run])
    const ended = Object.keys(from.runs)
      .filter((run) => !needed.has(run))
      .toSorted()
    for (const run of ended.slice(-ENDED_KEPT)) needed.add(run)
    const runs = Object.fromEntries(Object.entries(from.runs).filter(([run]) => needed.has(run)))
    for (const { run, seq } of blocks) runs[run] = Math.max(runs[run] ?? 0, seq + 1)
    return { runs }
  }
}

const isAfter = ({ runs }: Position, block: ReceivedBlock): boolean => block.seq >= (own(runs, block.run) ?? 0)
