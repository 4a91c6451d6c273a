import type {
  AppName,
  BatchNumber,
  ExecutionId,
  ExecutionNumber,
  Incarnation,
  OperatorUid,
  PartitionId,
  ShuffleId,
  StageId,
  TaskId,
  TickNumber,
} from './ids.ts'
import type { DeadLetterFacts, RecordCounts, RecordNumbers } from './dead-letter.ts'
import type { Fault } from './error-codes.ts'
import type { Json } from './json.ts'
import type { Cut, OperatorState, RetainedBatch, StagedPart, StateBlock } from './manifest.ts'
import type { BlobRef } from './refs.ts'

/** What every task of a batch must agree on. Plain data: it crosses threads, sockets and invocations. */
export interface BatchPlan {
  readonly app: AppName
  readonly inc: Incarnation
  readonly batch: BatchNumber
  readonly tick: TickNumber
  readonly time: number
  readonly nonce: string
  readonly epoch: number
  readonly graph: string
  readonly zeroTime: number
  readonly cuts: { readonly [source: string]: Cut | null }
  readonly actions: { readonly [operator: string]: readonly string[] }
  /**
   * Where splits ended, of sources whose splits end where reading finds it: under the split of the cut, as JSON, the
   * split to be read in its place. Grows while the batch is computed.
   */
  readonly ends?: SplitEnds
  /** Records that are not read because they made an earlier plan of this batch fail. */
  readonly skip?: RecordNumbers
  /** State as of the base manifest. */
  readonly state: { readonly [operator: string]: OperatorState }
  readonly retained: { readonly [stream: string]: readonly RetainedBatch[] }
}

export interface SplitEnds {
  readonly [source: string]: { readonly [split: string]: Json }
}

/** One unit of work: some partitions of some stages, in an order in which each finds its input. */
export interface TaskSpec {
  readonly plan: BatchPlan
  readonly task: TaskId
  readonly exec: ExecutionNumber
  readonly attempt: number
  readonly work: readonly StageWork[]
  /** For shuffles whose map side ran in other tasks: the winning blocks, in map order. */
  readonly inputs: { readonly [shuffle: number]: readonly MapOutput[] }
  /**
   * Whether pinned streams were cut into stages of their own: decides the numbering of stages, so every process must
   * agree.
   */
  readonly staged: boolean
  /** A block for a shuffle travels in the answer up to this size; left out: as any object does. */
  readonly inlineBytes?: number
  /** A task that is run to learn something, and whose results nobody uses. */
  readonly trial?: Trial
}

export type Trial =
  /** Reads every split, and does nothing with the records. */
  | { readonly kind: 'count' }
  /** Runs the whole batch on so many records of each split. */
  | { readonly kind: 'prefix'; readonly take: RecordCounts }
  /**
   * Runs the whole batch record by record, and says which ones fail: at most `max`. `starts`: where the records of each
   * split begin among all of them; `without`: those that are left out, counted the same way.
   */
  | {
      readonly kind: 'blame'
      readonly starts: RecordCounts
      readonly without: readonly number[]
      readonly max: number
    }
  /** Stores these records as dead letters. */
  | { readonly kind: 'letters'; readonly letters: readonly DeadLetterFacts[] }

/** What a source could not make records of in one split. */
export interface UndecodedPart {
  readonly source: OperatorUid
  readonly split: string
  readonly replaced: number
  readonly skipped: number
  /** How many were left out; `letters` has the first of them. */
  readonly lettersCount: number
  readonly letters: readonly UndecodedLetter[]
  readonly first: { readonly code: string; readonly message: string; readonly path: string }
  /** It is what a receiver was given, which nobody can mend. */
  readonly isReceived?: true
}

interface UndecodedLetter {
  readonly split: string
  /** How many records of the split came before. */
  readonly index: number
  readonly code: string
  readonly message: string
  readonly path: string
  readonly offset: number
  /** As base64: answers cross invocations as JSON. */
  readonly bytes: string
}

/** One failure, and the records that it was made of, counted among all of the batch. */
export interface Blamed {
  readonly positions: readonly number[]
  readonly error: SerialisedError
}

export interface StageWork {
  readonly stage: StageId
  readonly partitions: readonly number[]
}

/** One map task's share of a shuffle: one block with a section per reducer. */
export interface MapOutput {
  readonly shuffle: ShuffleId
  readonly ref: BlobRef
  /** Records per reducer; what a reducer reads must be as many. */
  readonly counts: readonly number[]
  /** Checksum of each reducer's section; 0 where it is empty. */
  readonly sums: readonly number[]
  /**
   * Bytes of each reducer's section: they lie one behind the other, so that each can be read alone. Answers that an
   * earlier version has sealed do not have it.
   */
  readonly sizes?: readonly number[]
  /** As a reducer is told of a block that travels: sections of neighbours from `first` on, in base64, and no others. */
  readonly sections?: { readonly first: number; readonly bytes: string }
}

/**
 * What one reducer read of one shuffle. Sums do not depend on the order of the blocks, and tell one that was left out,
 * or read twice, from the right ones.
 */
export interface Reduced {
  readonly shuffle: ShuffleId
  readonly reducer: number
  readonly records: number
  readonly sum: number
}

export interface StateWrite {
  readonly operator: OperatorUid
  readonly from: number
  readonly to: number
  /** Names of the blocks this write was built on, oldest first. */
  readonly base: readonly string[]
  /** `null`: nothing changed, the chain stays. */
  readonly block: StateBlock | null
  readonly keys: number
  /** Version of the schema of the values; 1 if it is left out. */
  readonly version?: number
  /** Windows only: what entered, which result the block holds, and how far back panes are still needed. */
  readonly window?: {
    readonly pane: { readonly time: number; readonly ref: BlobRef } | null
    readonly slideTime: number | null
    readonly keepPanesAfter: number
  }
}

/** Where partitions of stored state have come from: what a process had kept warm, or the store. */
export interface StateReads {
  readonly warm: number
  readonly cold: number
}

export interface RetainedWrite {
  readonly stream: OperatorUid
  readonly partition: PartitionId
  readonly ref: BlobRef
}

export interface OutputWrite extends StagedPart {
  readonly output: OperatorUid
}

export interface SerialisedError {
  readonly code: string
  readonly fault: Fault
  readonly name: string
  readonly message: string
  readonly stack: string
  readonly where: { readonly [key: string]: string | number | undefined }
  readonly did: string
  readonly next: readonly string[]
  readonly retry: boolean
}

export type TaskReport =
  | {
      readonly kind: 'done'
      readonly task: TaskId
      readonly exec: ExecutionNumber
      /** Drawn by the executing process: two executions of one spec have two runs. */
      readonly executionId: ExecutionId
      readonly shuffles: readonly MapOutput[]
      /** Of shuffles whose map side ran in other tasks. */
      readonly reduced: readonly Reduced[]
      readonly state: readonly StateWrite[]
      readonly retained: readonly RetainedWrite[]
      readonly outputs: readonly OutputWrite[]
      /** Records read, per source and split: a split read by two tasks arrived once. */
      readonly records: { readonly [source: string]: { readonly [split: string]: number } }
      /** The ends that this execution found, of splits for which the plan had none. */
      readonly ends?: SplitEnds
      readonly accumulators: { readonly [id: string]: Json }
      readonly stateReads?: StateReads
      /** What a trial of kind `letters` stored. */
      readonly letters?: BlobRef
      /** What a trial of kind `blame` found: of the records that a failure was made of, one at least is to blame. */
      readonly blamed?: readonly Blamed[]
      /** What sources could not make records of, in splits that this execution was the first to read. */
      readonly undecoded?: readonly UndecodedPart[]
    }
  | {
      readonly kind: 'failed'
      readonly task: TaskId
      readonly exec: ExecutionNumber
      readonly executionId: ExecutionId
      readonly error: SerialisedError
      /** Records that had been read by then; one that is not among them cannot be the cause. */
      readonly read?: RecordCounts
    }
