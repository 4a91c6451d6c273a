import type { SourceProgress } from './source-progress.ts'
import type { AppName, BatchNumber, ExecutionNumber, OperatorUid, PartitionId, TaskId, TickNumber } from './ids.ts'

/**
 * One fact about what the engine did, told as it happens. Hosts decide whether it becomes a line for people, a line of
 * JSON, a metric or nothing; all of them read this union.
 */
export type EngineEvent =
  | AppStarting
  | AppReady
  | BatchReport
  | ErrorReport
  | AppStopping
  | ProgramChanged
  | TaskFailed
  | TaskCopied
  | StagesAgain
  | BatchHandedOver
  | TicksDropped
  | SweepFailed
  | SourceLeftOut
  | SourceLate
  | SourceMessages
  | Narrowing
  | BatchUnderWay
  | Warning

/** What is known of a program the moment it starts, before the first batch. */
export interface AppStarting {
  /** The kind of the event, here and below. */
  readonly type: 'starting'
  readonly app: AppName
  readonly intervalMs: number
  /** Where state lives between runs; `null`: in memory. */
  readonly dir: string | null
  /**
   * Whether a later run goes on from there; a classic program that only sets a checkpoint directory begins anew each
   * time, as in Spark.
   */
  readonly continues: boolean
  readonly sources: readonly NamedPlace[]
  readonly outputs: readonly NamedPlace[]
  /** What stands in for AWS on this machine, and is gone with the run; left out where nothing does. */
  readonly services?: readonly { readonly name: string; readonly address: string; readonly holds: string }[]
}

/** A source or an output, and where the program defines it. */
interface NamedPlace {
  /** Its uid. */
  readonly name: string
  readonly kind: string
  /** `file:line:column`. */
  readonly place: string
  /** Where it reads or writes: host and port, directory, table; `null` where nobody has said. */
  readonly address: string | null
}

/** The head is held, and what the last run left is recovered. */
interface AppReady {
  readonly type: 'ready'
  /** The last committed batch; 0 before the first. */
  readonly committed: BatchNumber
  readonly tick: TickNumber
  /** Ms since the epoch. */
  readonly zeroTime: number
}

/** One committed batch. */
export interface BatchReport {
  readonly type: 'batch'
  readonly batch: BatchNumber
  /** Its time, ms since the epoch. */
  readonly time: number
  readonly records: number
  readonly schedulingDelayMs: number
  readonly processingTimeMs: number | null
  /** Keys held by all operators; `null` for a program without state. */
  readonly stateKeys: number | null
  /** The same by operator. */
  readonly keysByOperator: { readonly [operator: string]: number }
  /** Rows by output that ran. */
  readonly outputs: { readonly [output: string]: number }
  readonly failedOutputs: readonly string[]
  /** How many batches outputs have not delivered. */
  readonly backlog?: { readonly [output: string]: number }
  /** Records of this batch that were set aside. */
  readonly deadLetters: number
  /** Partitions of state that tasks had kept warm, and those that they read from the store; left out for none. */
  readonly stateReads?: { readonly warm: number; readonly cold: number }
  /** By source that says how far it has come, with the records that it gave to this batch. */
  readonly sources?: { readonly [source: string]: SourceProgress & { readonly records: number } }
}

/** An error that somebody should see, whether it ends the run or not. */
interface ErrorReport {
  readonly type: 'error'
  readonly error: unknown
}

/** A graceful stop was asked for. */
export interface AppStopping {
  readonly type: 'stopping'
  /** The tick that the run ends with. */
  readonly tick: TickNumber
  /** Batches that are still to come. */
  readonly batches: number
  /** How far off the last of them is. */
  readonly dueMs: number
}

/** The program differs from the one that ran last; with `level: 'warn'` where something is given up for it. */
interface ProgramChanged {
  readonly type: 'program-changed'
  readonly level?: 'warn'
  readonly message?: string
  readonly verdict: string
  readonly findings: readonly ChangeFinding[]
}

interface ChangeFinding {
  readonly uid: OperatorUid
  readonly verdict: string
  readonly what: string
  readonly old: string
  readonly new: string
}

/** One attempt of a task failed; it is tried again, or its batch fails. */
interface TaskFailed {
  readonly type: 'task-failed'
  readonly batch: BatchNumber
  readonly task: TaskId
  /** Counted from 0. */
  readonly attempt: number
  readonly code: string
  readonly message: string
}

/** A slow task was launched a second time. */
interface TaskCopied {
  readonly type: 'task-copied'
  readonly batch: BatchNumber
  readonly task: TaskId
}

/** A batch takes longer than its coordinator may: the next one goes on with it. */
interface BatchHandedOver {
  readonly type: 'batch-handed-over'
  readonly message: string
}

/** Ticks came so late that later ones have done their work: no batch was begun for them. */
interface TicksDropped {
  readonly type: 'ticks-dropped'
  readonly level: 'warn'
  readonly ticks: number
  /** Since this process began. */
  readonly total: number
  readonly message: string
}

/** Blocks of a batch were lost: all of its stages run again. */
interface StagesAgain {
  readonly type: 'stages-again'
  readonly batch: BatchNumber
  readonly exec: ExecutionNumber
  readonly message: string
}

/** An object that nobody needs could not be deleted; it is tried again later. */
interface SweepFailed {
  readonly type: 'sweep-failed'
  readonly key: string
  readonly message: string
}

/** A batch failed, and the records that make it fail are looked for: one more pass over it begins. */
export interface Narrowing {
  readonly type: 'narrowing'
  readonly batch: number
  /** Counted from 1. */
  readonly pass: number
  /** All records of the batch. */
  readonly records: number
  /** How many of them were found to blame by then. */
  readonly found: number
}

/** How far a batch has come that takes long; about once a second. */
export interface BatchUnderWay {
  readonly type: 'batch-under-way'
  readonly batch: BatchNumber
  readonly elapsedMs: number
  /** One for each partition of each stage, as Spark counts them. */
  readonly tasks: number
  readonly tasksDone: number
  /** `null` where reading alone finds how many there are. */
  readonly records: number | null
  readonly recordsRead: number
  /** An estimate by records; `null` while nothing can be told. */
  readonly leftMs: number | null
}

/** Files that a source reads later than it might have, as it does not look at all of them with each batch. */
interface SourceLate {
  readonly type: 'source-late'
  readonly level: 'warn' | 'info'
  readonly message: string
  readonly directory: string
  /** How many were found now. */
  readonly files: number
  /** How many this process has found. */
  readonly total: number
  /** The name of one of them. */
  readonly example: string
}

/** Messages of a queue that tell of no file of a source. */
interface SourceMessages {
  readonly type: 'source-messages'
  readonly level: 'warn' | 'info'
  readonly message: string
  readonly queue: string
  /** `test`: S3 wrote it when the queue was set up. `foreign`: it tells of something else, and stays in the queue. */
  readonly reason: 'test' | 'foreign'
  /** How many came now. */
  readonly messages: number
  /** How many have come to this process. */
  readonly total: number
}

/** What a source of files leaves out and why; losses, and the first of each reason, with `level: 'warn'`. */
interface SourceLeftOut {
  readonly type: 'source-left-out'
  readonly level: 'warn' | 'info'
  readonly message: string
  readonly reason: string
  readonly directory: string
  /** How many were found now. */
  readonly files: number
  /** How many have been found for this reason. */
  readonly total: number
  /** The name of one of them. */
  readonly example: string
}

/** What a person should know though nothing has failed. `message` says it in words. */
type Warning = { readonly level: 'warn'; readonly message: string } & (
  | {
      readonly type:
        | 'head-waits'
        | 'setting'
        | 'one-thread'
        | 'thread-broken'
        | 'head-grows'
        | 'log-file'
        | 'batch-left-out'
        | 'letters-in-memory'
        // Somebody has paused the app, or resumed it; or whether somebody has could not be read.
        | 'paused'
        | 'resumed'
        | 'control-unread'
    }
  /** Batch times passed without a batch. */
  | { readonly type: 'catching-up'; readonly missed: number; readonly skipped: number }
  | { readonly type: 'clock-behind'; readonly behindMs: number }
  /** A function uses half of its memory or more. */
  | { readonly type: 'memory-used'; readonly usedMb: number; readonly limitMb: number }
  /** A batch is tried again, because a place outside does not answer. */
  | { readonly type: 'batch-waits'; readonly code: string; readonly waitMs: number }
  /** An output failed and is tried again, it alone; so many batches it has not delivered. */
  | {
      readonly type: 'output-held'
      readonly output: OperatorUid
      readonly owed: number
      readonly waitMs: number
      readonly code: string
      /** What the sink says that can be done. */
      readonly next: readonly string[]
    }
  | { readonly type: 'output-released'; readonly output: OperatorUid; readonly forMs: number }
  /** Batches of an output that somebody gave up. */
  | { readonly type: 'output-dropped'; readonly output: OperatorUid; readonly owed: number }
  | { readonly type: 'state-large'; readonly operator: OperatorUid; readonly keyHash: string; readonly bytes: number }
  /** A method of a listener threw, so many times by now; told the first, the tenth, the hundredth time and so on. */
  | {
      readonly type: 'listener-failed'
      readonly listener: string
      readonly failures: number
      readonly error: string
    }
  | { readonly type: 'source-directory-missing'; readonly directory: string }
  | { readonly type: 'source-file-growing'; readonly path: string }
  /** What a batch left out of its input, or changed, because it was no record; how much of each, and the first. */
  | {
      readonly type: 'source-undecoded'
      readonly source: OperatorUid
      readonly batch: number
      readonly replaced: number
      readonly letters: number
      readonly skipped: number
      readonly code: string
      readonly example: string
    }
  /** Records `[from, until)` of a partition were gone before a batch read them. */
  | {
      readonly type: 'kafka-records-gone'
      readonly topic: string
      readonly partition: PartitionId
      readonly from: number
      readonly until: number
    }
  | { readonly type: 'receiver-record-after-stop'; readonly stream: number }
  | {
      readonly type: 'receiver-restart'
      readonly stream: number
      readonly delayMs: number
      readonly error?: string
    }
  | { readonly type: 'receiver-stopped' | 'receiver-stop-failed'; readonly stream: number; readonly error: string }
  /** What a receiver reports; it goes on. */
  | { readonly type: 'receiver-error'; readonly stream: number; readonly error?: string }
  /** What a receiver handed over and is not stored: `total` records of this run so far, and how one of these looks. */
  | {
      readonly type: 'receiver-lost'
      readonly stream: number
      readonly code: string | null
      readonly records: number
      readonly total: number
      readonly example: string
      readonly error: string
    }
  /** For sources of one's own. */
  | { readonly type: 'source'; readonly source: OperatorUid }
)

/** The words of an event that a person should see, with its cause; `null` for any other. */
export function warningOf(event: EngineEvent): string | null {
  if (!('level' in event) || event.level !== 'warn') return null
  const words = event.message ?? event.type
  if (!('error' in event) || !event.error) return words
  return `${words}: ${event.error}${'code' in event && event.code ? ` (${event.code})` : ''}`
}
