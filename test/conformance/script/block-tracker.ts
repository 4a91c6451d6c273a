import { openDirectoryBlobs } from '../../../lib/adapters/local/blob-directory.ts'
import type { BlobStore } from '../../../lib/host/blob-store.ts'
import { BlobBlockLog } from '../../source/receiver/block-log.ts'
import {
  type BlockEvent,
  type BlockLog,
  ReceivedBlockTracker,
} from '../../../lib/source/receiver/received-block-tracker.ts'
import type { World } from './world.ts'

interface TrackerOptions {
  readonly checkpointDir?: string | null
  readonly recover?: boolean
}

const PREFIX = 'blocks/'

/** The tracker of received blocks, with its log in the directory of the script. */
export class BlockTrackerObject {
  readonly #world: World
  readonly #tracker: ReceivedBlockTracker<string>
  readonly #log: FailingLog | null

  private constructor(world: World, tracker: ReceivedBlockTracker<string>, log: FailingLog | null) {
    this.#world = world
    this.#tracker = tracker
    this.#log = log
  }

  static async open(world: World, { checkpointDir, recover }: TrackerOptions): Promise<BlockTrackerObject> {
    if (!checkpointDir) return new BlockTrackerObject(world, new ReceivedBlockTracker<string>(), null)
    const blobs = await openDirectoryBlobs(checkpointDir, { sync: false })
    const log = new FailingLog(blobs)
    world.logs.push(log)
    world.objects.delete('log')
    const tracker = recover ? await ReceivedBlockTracker.recover<string>(log) : new ReceivedBlockTracker<string>(log)
    return new BlockTrackerObject(world, tracker, log)
  }

  addBlocks(stream: number, blocks: readonly string[]): Promise<void> {
    return this.#tracker.addBlocks(stream, blocks)
  }

  /** The result is the time. */
  async allocate(time: unknown): Promise<number> {
    await this.#tracker.allocate(this.#world.time(time))
    return this.#world.time(time)
  }

  /** Writes an event into the log behind the tracker's back. */
  async log({
    blockAdded,
    batchAllocated,
  }: {
    readonly blockAdded?: readonly string[]
    readonly batchAllocated?: { readonly time: number; readonly blocks: Record<string, readonly string[]> }
  }): Promise<void> {
    if (blockAdded) await this.#log!.append({ kind: 'added', stream: 1, blocks: blockAdded })
    if (batchAllocated)
      await this.#log!.append({
        kind: 'allocated',
        time: batchAllocated.time,
        blocks: Object.entries(batchAllocated.blocks).map(([stream, blocks]) => [Number(stream), blocks] as const),
      })
  }

  cleanupOldBatches(time: unknown): Promise<void> {
    return this.#tracker.cleanupOldBatches(this.#world.time(time))
  }
  stop(): void {}

  walEnabled(): boolean {
    return this.#tracker.hasLog
  }
  unallocated(stream: number): readonly string[] {
    return this.#tracker.unallocated(stream)
  }
  hasUnallocated(): boolean {
    return this.#tracker.hasUnallocated
  }
  blocksOfBatch(time: unknown, stream: number): readonly string[] {
    return this.#tracker.blocksOfBatch(this.#world.time(time), stream)
  }
}

/** The real log, which can be told to fail. */
export class FailingLog implements BlockLog<string> {
  readonly #log: BlobBlockLog<string>
  readonly #blobs: BlobStore
  readonly #first: Promise<string | undefined>
  #failure: { readonly kind: string; readonly message: string } | null = null

  constructor(blobs: BlobStore) {
    this.#blobs = blobs
    this.#log = new BlobBlockLog(blobs, PREFIX)
    this.#first = blobs.list(PREFIX).then(([key]) => key)
  }

  fail(kind: string, message: string): void {
    this.#failure = { kind, message }
  }
  heal(): void {
    this.#failure = null
  }

  async append(event: BlockEvent<string>): Promise<void> {
    if (this.#failure?.kind === names[event.kind]) throw new Error(this.#failure.message)
    await this.#log.append(event)
  }

  read(): Promise<readonly BlockEvent<string>[]> {
    return this.#log.read()
  }
  clean(time: number): Promise<void> {
    return this.#log.clean(time)
  }
  async oldestFileDeletedEventually(): Promise<boolean> {
    return !(await this.#blobs.list(PREFIX)).includes((await this.#first) ?? '')
  }
}

const names = { added: 'blockAdded', allocated: 'batchAllocated', cleaned: 'batchCleanup' } as const
