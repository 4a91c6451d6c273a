import type { BlobStore } from '../host/blob-store.ts'
import type { Clock } from '../host/clock.ts'
import type { Log } from '../host/log.ts'
import type { Random } from '../host/random.ts'
import type { AwsRight } from '../model/aws-right.ts'
import type { SluiceError } from '../model/errors.ts'
import type { Json } from '../model/json.ts'
import type { Cut } from '../model/manifest.ts'
import type { SourceProgress } from '../model/source-progress.ts'
import type { SettingReader } from '../model/settings/read.ts'
import type { Undecoded } from './undecoded.ts'

/**
 * Where records come from. `cut` says what is new, `read` reads it again: reading one split twice gives the same
 * records in the same order, because replay rests on it. A source keeps nothing that a position does not hold;
 * processes come and go between the two calls.
 *
 * `Position` and `Split` are the source's own, and plain data: they are stored as JSON. Declare them with `type`, not
 * with `interface`, or TypeScript does not know that they are.
 */
export interface Source<T, Position = Json, Split = Json> {
  /** What the source is, in words: `Socket text stream`, `File stream`. */
  readonly name: string
  /**
   * What positions are positions in: a directory, a bucket with a prefix. A start with another one is refused, because
   * a position in one is none in the other. Left out where any will do.
   */
  readonly identity?: string
  /** Where that is, for people: host and port, directory, topic. Shown when a program starts, so it holds no secret. */
  readonly address?: string
  /** Records are lines of text, so that a simulation can make some up. */
  readonly lines?: true
  /**
   * Loads what it needs, and opens nothing: called once before anything runs, so that what is missing is found then.
   */
  ready?(): Promise<unknown>
  /** `null`: the source has no batch at this time, which is different from an empty one. */
  cut(request: CutRequest<Position>): Promise<Cut<Position, Split> | null>
  /**
   * Chunks of records, so that nobody pays per record; made anew at each reading, since functions may change what they
   * get. Synchronous where the data is at hand. `ended` is there for sources that discover, and called after the last
   * chunk.
   */
  read(split: Split, io: SourceIo, ended?: Ended<Split>): Iterable<readonly T[]> | AsyncIterable<readonly T[]>
  /**
   * Where a split ends is found by reading it (Kinesis): the cut says where it begins. Tasks may read such a split more
   * than once and find different ends; one of them is chosen, and from then on every process is given that split. Each
   * reading to the end calls `ended`, also that of a split which has its end: with the split as it is.
   */
  readonly discovers?: true
  /**
   * The position after a batch of which these splits were read, each with the end that was found. Sources that discover
   * have it. A split that nobody read is not among them, and its records are those of a later batch. Pure.
   */
  sealed?(position: Position, splits: readonly Split[]): Position
  /**
   * How far a batch with this cut comes, and what it leaves for later ones; `null` where it cannot be said. Of a source
   * that discovers, the cut with the ends that were found. Among the splits may be some that are not the source's own.
   * Pure: the batch line, the JSON lines and listeners show it.
   */
  progress?(cut: Cut<Position, Split>): SourceProgress | null
  /**
   * About how many bytes it is to read the split; `null` where that is not known before. Pure. Where each task is a
   * call that costs, a batch that has little to read is one task.
   */
  weight?(split: Split): number | null
  /**
   * These splits are about to be read by one task, one after the other: what can be asked for beforehand, side by side,
   * may be. Nothing of it may be seen but by `read`, which may also never come. What is returned is called when the
   * task has ended: it resolves when nothing is under way any more.
   */
  ahead?(splits: readonly Split[], io: SourceIo): () => Promise<unknown>
  /**
   * Batches up to the one that left `position` are committed and their outputs are done: what only they needed may go.
   * Called at any time after that, or never; it deletes, so it may also be repeated.
   */
  committed?(position: Position, io: SourceIo): Promise<void>
  /**
   * Sources that receive on their own (sockets, receivers) run between start and stop, in the coordinator's process; on
   * AWS in a function of their own.
   */
  readonly receiver?: ReceiverControl
  /**
   * For sources of files: which directories they look into, not below, and whether a filter of the program's own says
   * which files count.
   */
  readonly reads?: { readonly directories: string; readonly filtered: boolean }
  /** What reading must be allowed where it runs on AWS: the deployed task function is. */
  readonly awsRights?: readonly AwsRight[]
  /** Thrown by start when this source cannot go on from a checkpoint (Spark: `queueStream`). */
  readonly unrecoverable?: string
}

/** Takes the split that was read, with its end: reading that gives exactly the same records again. */
export type Ended<Split = Json> = (sealed: Split) => void

/** What a source is asked once per batch: what is new since `position`? */
export interface CutRequest<Position = Json> {
  /** Batch time: end of the interval, ms since the epoch. */
  readonly time: number
  /** The batch interval. */
  readonly intervalMs: number
  /** Time of tick 0 of the app. */
  readonly zeroTime: number
  /**
   * When the program was started, if it is known: between `zeroTime` and the first batch. Read on the first batch ever
   * only.
   */
  readonly startedAt?: number
  /**
   * What the clock shows, where that is before `time`: it had been ahead when earlier batches ran, or was set back
   * since. Batch times rise all the same, so they say nothing about the age of things then.
   */
  readonly now?: number
  /** Batch time of the last committed batch, whatever lay between; `null` on the first batch of an app. */
  readonly committedTime?: number | null
  /** What the last committed batch left; `null` on the first batch ever. */
  readonly position: Position | null
  /** Most records to take, from rate limits and backpressure; `null`: no limit. */
  readonly limit: number | null
  /** Files that an attempt of this batch found still being written: they are for a later one. */
  readonly unready?: readonly string[]
  /** What the source may touch besides its own connection. */
  readonly io: SourceIo
}

/** What the host gives a source, so that it needs no clock, randomness or storage of its own. */
export interface SourceIo {
  /** Objects that are written once; only below `prefix`. */
  readonly blobs: BlobStore
  /** The time. Under test it stands still. */
  readonly clock: Clock
  /** Chance. Under test it repeats. */
  readonly random: Random
  /** Where to say something that is no error. */
  readonly log: Log
  /** Prefix under which this source may put objects, ending in `/`. */
  readonly prefix: string
  /**
   * For bytes that are no record, where the batch is to go on without them: counted and said once, and letters are kept
   * with the batch. Left out where nobody counts.
   */
  readonly undecoded?: (found: Undecoded) => void
  /**
   * Aborts when the time of whoever reads is nearly over: end what is under way and throw, so that nothing of it goes
   * on in another call of the same function. Left out where nobody gives up.
   */
  readonly signal?: AbortSignal
  /** Set where a file that is still being written can be left to a later batch: throw `E_FILE_GROWING`. */
  readonly postpones?: boolean
}

/** What an engine does with a source that receives on its own. */
export interface ReceiverControl {
  /**
   * Another process receives, and this one only plans batches and reads: cuts find what is stored. Called before
   * anything else, instead of `start`. A source that leaves it out cannot be used where functions run.
   */
  receivesElsewhere?(): void
  /** Begins receiving, in the coordinator's process or in one of its own. */
  start(environment: ReceiverEnvironment): Promise<void>
  /** Stops receiving; blocks that were stored stay for the next cut. */
  stop(graceful: boolean): Promise<void>
  /** Stored blocks that no cut has taken yet. */
  waiting(): number
  /** Asked once it was stopped: what kept it from receiving then, or `null`. A run that ends so has failed. */
  failure?(): SluiceError | null
  /** Records per second, from backpressure; ignored when not positive. */
  updateRate(rate: number): void
}

/** What a source that receives is started with. */
export interface ReceiverEnvironment {
  /** What it may touch. */
  readonly io: SourceIo
  /** Batches are planned in another process: here, blocks are only stored, and `committed` deletes none of them. */
  readonly isPlannedElsewhere?: true
  /** Its number among the sources. */
  readonly streamId: number
  /** The position after the last committed batch, so that stored but unplanned blocks are found again. */
  readonly position: Json | null
  /** The settings of the program: a name gives a value of its kind, times in ms, sizes in bytes. */
  readonly settings: SettingReader
  /** Whom to tell what happens. */
  readonly events: ReceiverEvents
}

/** A receiver, as listeners see it (Spark: `ReceiverInfo`). */
export interface ReceiverInfo {
  /** Number of its source. */
  readonly streamId: number
  /** The name of its class. */
  readonly name: string
  /** Whether it receives now. */
  readonly active: boolean
  /** The host that it runs on. */
  readonly location: string
  /** `driver`: receivers run beside the coordinator. */
  readonly executorId: string
  /** What it said last about an error; empty if nothing. */
  readonly lastErrorMessage: string
  /** The error behind it, with its stack. */
  readonly lastError: string
  /** When, in ms since the epoch; -1 if never. */
  readonly lastErrorTime: number
}

/** What a receiver that runs tells its engine. */
export interface ReceiverEvents {
  /** It receives. */
  started(info: ReceiverInfo): void
  /** It met an error. */
  error(info: ReceiverInfo): void
  /** It has ended. */
  stopped(info: ReceiverInfo): void
  /** Nothing will ever come any more: its input is at its end, and all of it was handed over. */
  exhausted(streamId: number): void
}
