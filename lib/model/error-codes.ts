/**
 * Whose fault an error is. Who answers an error asks this and never its words:
 *
 * - `record`: a record or a value that cannot be processed; it may become a dead letter.
 * - `program`: the program's own code: its functions, its graph, its settings. What it throws while it reads records
 *   may be the doing of one of them, so it may come to a dead letter as well.
 * - `source`, `sink`: what records come from and go to. They say nothing about a record: the batch is run again.
 * - `store`: the head, the objects, and the platform that tasks run on.
 * - `protocol`: a rule between coordinators, tasks and stored state was broken, or keeps this process from going on.
 * - `caller`: the command line, or the environment of the command. Nothing was run.
 */
export const FAULTS = ['program', 'record', 'source', 'store', 'sink', 'protocol', 'caller'] as const
/** Whose fault a `SluiceError` is. */
export type Fault = (typeof FAULTS)[number]

interface CodeFacts {
  readonly fault: Fault
  /** An object is gone or damaged for good: no attempt will find it. */
  readonly lost?: true
  /** The coordinator that meets it cannot go on: no later batch of its own will do better. */
  readonly final?: true
  /** The program has no place for what is stored. */
  readonly misfit?: true
}

// One of each: written out for each code, they were half of what every function reads of this file.
const program = { fault: 'program' } as const
const record = { fault: 'record' } as const
const source = { fault: 'source' } as const
const store = { fault: 'store' } as const
const sink = { fault: 'sink' } as const
const protocol = { fault: 'protocol' } as const
const caller = { fault: 'caller' } as const
const misfit = { fault: 'program', misfit: true } as const
const gone = { fault: 'store', lost: true } as const
const last = { fault: 'protocol', final: true } as const

/** @internal @testing Every error code there is. Each has a section in `docs/errors.md`. */
export const ERROR_CODES = {
  E_USAGE: caller,
  E_UNKNOWN_OPTION: caller,
  E_ENV: caller,
  E_SECRET_INLINE: caller,
  E_DIRECTORY: caller,
  E_SYSTEM: store,
  E_PROTECTED: caller,
  E_RETAINED: caller,
  E_NOT_DEPLOYED: caller,

  E_SAMPLES: program,
  E_EXISTS: program,
  E_HISTORY: protocol,
  E_NODE_VERSION: program,

  E_USER_INIT: program,
  E_NOT_STARTED: program,
  E_NOT_DETERMINISTIC: program,
  E_NAME: program,
  E_INTERVAL: program,
  E_LIMIT: program,
  E_DATE: program,
  E_CONF: program,
  E_WORKER: program,

  E_NO_OUTPUT: program,
  E_GRAPH: program,
  E_WINDOW: program,
  E_WINDOW_INVERSE: program,
  E_LOOP: program,
  E_PLACE: program,
  E_PARTITIONS: program,
  E_KEYGROUPS: program,
  E_CHECKPOINT_DIR: program,
  E_CHECKPOINT_INTERVAL: program,
  E_CONTEXT_STATE: program,
  E_CONTEXT_STOPPED: program,
  E_ONE_CONTEXT: program,
  E_STOP_IN_LISTENER: program,
  E_NOT_INITIALISED: program,
  E_UNRECOVERABLE: program,

  E_USER_CODE: program,
  E_DEAD_LETTERS: program,
  E_DEAD_LETTER: program,
  // A record may keep a function busy for ever, or end its process: both may come to a dead letter.
  E_TASK_TIMEOUT: program,
  E_TASK_LOST: program,
  E_NO_RDD: program,
  E_TRANSFORM_NULL: program,
  E_STATE_ABSENT: program,
  E_STATE_CLOSED: program,
  E_STATE_TOO_LARGE: record,
  E_NOT_RESIDENT: program,
  E_TASK_ANSWER: protocol,
  E_TASK_SPEC: protocol,
  E_OUTPUT: sink,
  E_OUTPUT_ORDER: program,
  E_OUTPUT_BACKLOG: sink,

  E_BUSY: protocol,
  E_FENCED: last,
  E_HANDED_OVER: last,
  E_PAUSED: protocol,
  E_HALTED: last,
  E_FOREIGN_APP: protocol,
  E_GRAPH_CHANGED: { ...protocol, misfit: true },
  E_STATE_ORPHANED: misfit,
  E_STATE_AMBIGUOUS: misfit,
  E_STATE_VERSION: misfit,
  E_STATE_MIGRATE: misfit,
  E_STATE_CHANGED: misfit,
  E_SOURCE_CHANGED: misfit,
  E_INTERVAL_CHANGED: misfit,
  E_OUTPUT_UNDELIVERED: misfit,
  E_REF_SCOPE: protocol,
  E_MANIFEST_FORMAT: store,
  E_MANIFEST_CORRUPT: store,

  E_HEAD_LOST: store,
  E_HEAD_SIZE: store,
  E_HEAD_CORRUPT: store,
  E_HEAD_WRITE: store,
  E_HEAD_READ: store,
  E_HEAD_UNREACHABLE: { ...store, final: true },
  E_HEAD_FORMAT: store,
  E_CONTROL_CORRUPT: store,
  E_CONTROL_READ: store,
  E_CONTROL_WRITE: store,

  E_BLOB_MISSING: gone,
  E_BLOB_CORRUPT: gone,
  E_BLOB_TRUNCATED: gone,
  E_BLOB_VERSION: gone,
  E_BLOB_RANGE: store,
  E_BLOB_SECTION: store,
  E_BLOB_EXISTS: store,
  E_BLOB_TOO_LARGE: store,
  E_BLOB_UNREACHABLE: store,
  E_DIR_MOVED: store,

  E_KAFKA_OPTION: program,
  E_KAFKA_PACKAGE: program,
  E_KAFKA_RANGES: program,
  E_KAFKA_UNREACHABLE: source,
  E_KAFKA_REFUSED: source,
  E_KAFKA_TOPIC: source,
  E_KAFKA_RECORDS_GONE: source,
  E_KAFKA_ADDRESS: source,

  E_SINK_AHEAD: sink,
  E_SINK_NAME: program,
  E_SINK_FORMAT: program,
  E_SINK_ADDRESS: program,
  E_SINK_TAKEN: sink,
  E_SINK_VALUE: sink,
  E_SINK_REJECTED: sink,
  E_SINK_PEER: sink,
  E_SINK_UNAVAILABLE: sink,

  E_AWS_ACCESS: caller,
  E_AWS_SETTING: program,
  E_AWS_PACKAGE: program,
  E_ENDPOINT: program,
  E_S3_URL: program,
  E_NOT_COMMITTED: protocol,
  E_RECEIVER_PLACE: program,
  E_FILES_PLACE: program,
  E_TICK_QUEUE: store,
  // The platform says of these three that the call did not take place, or may still run; of the last one, that the
  // task itself ended the function.
  E_FUNCTION_BUSY: store,
  E_FUNCTION_REFUSED: store,
  E_FUNCTION_UNANSWERED: store,
  E_FUNCTION_FAILED: program,

  E_KEY: record,
  E_PAIR: record,
  E_ASYNC: program,
  E_UNANSWERED: program,
  E_EXIT: program,
  E_ITERABLE: record,
  E_KEY_STRING: record,
  E_KEY_TOO_LARGE: record,
  E_VALUE: record,
  E_NOT_SERIALISABLE: record,
  E_CIRCULAR: record,
  E_DEPTH: record,
  E_CLASS_CODEC: program,
  E_DECODE_UTF8: source,
  E_RECORD_DECODE: record,
  E_RECORD_SCHEMA: record,
  E_RECORD_LENGTH: source,
  E_RECORD_TOO_LARGE: source,

  E_RECEIVER: source,
  E_SOURCE: source,
  E_SOURCE_END: source,
  E_SOURCE_GAP: source,
  E_SOURCE_RANGE: source,
  E_SOURCE_REPLACED: source,
  E_INPUT_PATH: source,
  E_FILE_GONE: source,
  E_FILE_CHANGED: source,
  E_FILE_GROWING: source,
  E_FILE_CORRUPT: source,
  E_FILE_INFLATE: source,
  E_FILE_FORMAT: source,
  E_RECEIVER_STATE: source,

  E_ARGUMENT: program,
  E_EMPTY_COLLECTION: program,
  E_HISTOGRAM: program,
  E_ORDER: program,
  E_ZIP: program,
  E_PIPE: program,
  E_OUTPUT_EXISTS: program,
  E_BROADCAST_DESTROYED: program,
} as const satisfies Readonly<Record<`E_${string}`, CodeFacts>>

/** A code of `SluiceError`: `sluice explain <code>` says why it is thrown and what to do. */
export type ErrorCode = keyof typeof ERROR_CODES

export const isErrorCode = (code: unknown): code is ErrorCode =>
  typeof code === 'string' && Object.hasOwn(ERROR_CODES, code)

/** The code of an error that was stored or came from elsewhere: another version may know others. */
export const knownCode = (code: string): ErrorCode => (isErrorCode(code) ? code : 'E_USER_CODE')

const factsOf = (code: ErrorCode): CodeFacts => ERROR_CODES[code]

/** Whether a record can have made this happen: nothing that sources, stores or the engine itself have to answer for. */
export const mayBeARecords = (fault: Fault): boolean => fault === 'program' || fault === 'record'

export const faultOf = (code: ErrorCode): Fault => factsOf(code).fault
export const isLostForGood = (code: ErrorCode): boolean => factsOf(code).lost ?? false
/** Whether the program would run if nothing were stored. */
export const isMisfit = (code: ErrorCode): boolean => factsOf(code).misfit ?? false
export const endsCoordinator = (code: ErrorCode): boolean => factsOf(code).final ?? false
