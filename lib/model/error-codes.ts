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

/** @internal @testing Every error code there is. Each has a section in `docs/errors.md`. */
export const ERROR_CODES = {
  E_USAGE: { fault: 'caller' },
  E_UNKNOWN_OPTION: { fault: 'caller' },
  E_ENV: { fault: 'caller' },
  E_SECRET_INLINE: { fault: 'caller' },
  E_DIRECTORY: { fault: 'caller' },
  E_SYSTEM: { fault: 'store' },
  E_PROTECTED: { fault: 'caller' },
  E_RETAINED: { fault: 'caller' },

  E_SAMPLES: { fault: 'program' },
  E_EXISTS: { fault: 'program' },
  E_HISTORY: { fault: 'protocol' },
  E_NODE_VERSION: { fault: 'program' },

  E_USER_INIT: { fault: 'program' },
  E_NOT_STARTED: { fault: 'program' },
  E_NOT_DETERMINISTIC: { fault: 'program' },
  E_NAME: { fault: 'program' },
  E_INTERVAL: { fault: 'program' },
  E_LIMIT: { fault: 'program' },
  E_DATE: { fault: 'program' },
  E_CONF: { fault: 'program' },
  E_WORKER: { fault: 'program' },

  E_NO_OUTPUT: { fault: 'program' },
  E_GRAPH: { fault: 'program' },
  E_WINDOW: { fault: 'program' },
  E_WINDOW_INVERSE: { fault: 'program' },
  E_LOOP: { fault: 'program' },
  E_PLACE: { fault: 'program' },
  E_PARTITIONS: { fault: 'program' },
  E_KEYGROUPS: { fault: 'program' },
  E_CHECKPOINT_DIR: { fault: 'program' },
  E_CHECKPOINT_INTERVAL: { fault: 'program' },
  E_CONTEXT_STATE: { fault: 'program' },
  E_CONTEXT_STOPPED: { fault: 'program' },
  E_ONE_CONTEXT: { fault: 'program' },
  E_STOP_IN_LISTENER: { fault: 'program' },
  E_NOT_INITIALISED: { fault: 'program' },
  E_UNRECOVERABLE: { fault: 'program' },

  E_USER_CODE: { fault: 'program' },
  E_DEAD_LETTERS: { fault: 'program' },
  E_DEAD_LETTER: { fault: 'program' },
  // A record may keep a function busy for ever, or end its process: both may come to a dead letter.
  E_TASK_TIMEOUT: { fault: 'program' },
  E_TASK_LOST: { fault: 'program' },
  E_NO_RDD: { fault: 'program' },
  E_TRANSFORM_NULL: { fault: 'program' },
  E_STATE_ABSENT: { fault: 'program' },
  E_STATE_CLOSED: { fault: 'program' },
  E_STATE_TOO_LARGE: { fault: 'record' },
  E_NOT_RESIDENT: { fault: 'program' },
  E_TASK_ANSWER: { fault: 'protocol' },
  E_TASK_SPEC: { fault: 'protocol' },
  E_OUTPUT: { fault: 'sink' },
  E_OUTPUT_ORDER: { fault: 'program' },
  E_OUTPUT_BACKLOG: { fault: 'sink' },

  E_BUSY: { fault: 'protocol' },
  E_FENCED: { fault: 'protocol', final: true },
  E_HANDED_OVER: { fault: 'protocol', final: true },
  E_PAUSED: { fault: 'protocol' },
  E_HALTED: { fault: 'protocol', final: true },
  E_FOREIGN_APP: { fault: 'protocol' },
  E_GRAPH_CHANGED: { fault: 'protocol', misfit: true },
  E_STATE_ORPHANED: { fault: 'program', misfit: true },
  E_STATE_AMBIGUOUS: { fault: 'program', misfit: true },
  E_STATE_VERSION: { fault: 'program', misfit: true },
  E_STATE_MIGRATE: { fault: 'program', misfit: true },
  E_STATE_CHANGED: { fault: 'program', misfit: true },
  E_SOURCE_CHANGED: { fault: 'program', misfit: true },
  E_INTERVAL_CHANGED: { fault: 'program', misfit: true },
  E_OUTPUT_UNDELIVERED: { fault: 'program', misfit: true },
  E_REF_SCOPE: { fault: 'protocol' },
  E_MANIFEST_FORMAT: { fault: 'store' },
  E_MANIFEST_CORRUPT: { fault: 'store' },

  E_HEAD_LOST: { fault: 'store' },
  E_HEAD_SIZE: { fault: 'store' },
  E_HEAD_CORRUPT: { fault: 'store' },
  E_HEAD_WRITE: { fault: 'store' },
  E_HEAD_READ: { fault: 'store' },
  E_HEAD_UNREACHABLE: { fault: 'store', final: true },
  E_HEAD_FORMAT: { fault: 'store' },
  E_CONTROL_CORRUPT: { fault: 'store' },
  E_CONTROL_READ: { fault: 'store' },
  E_CONTROL_WRITE: { fault: 'store' },

  E_BLOB_MISSING: { fault: 'store', lost: true },
  E_BLOB_CORRUPT: { fault: 'store', lost: true },
  E_BLOB_TRUNCATED: { fault: 'store', lost: true },
  E_BLOB_VERSION: { fault: 'store', lost: true },
  E_BLOB_RANGE: { fault: 'store' },
  E_BLOB_SECTION: { fault: 'store' },
  E_BLOB_EXISTS: { fault: 'store' },
  E_BLOB_TOO_LARGE: { fault: 'store' },
  E_BLOB_UNREACHABLE: { fault: 'store' },
  E_DIR_MOVED: { fault: 'store' },

  E_KAFKA_OPTION: { fault: 'program' },
  E_KAFKA_PACKAGE: { fault: 'program' },
  E_KAFKA_RANGES: { fault: 'program' },
  E_KAFKA_UNREACHABLE: { fault: 'source' },
  E_KAFKA_REFUSED: { fault: 'source' },
  E_KAFKA_TOPIC: { fault: 'source' },
  E_KAFKA_RECORDS_GONE: { fault: 'source' },
  E_KAFKA_ADDRESS: { fault: 'source' },

  E_SINK_AHEAD: { fault: 'sink' },
  E_SINK_NAME: { fault: 'program' },
  E_SINK_FORMAT: { fault: 'program' },
  E_SINK_ADDRESS: { fault: 'program' },
  E_SINK_TAKEN: { fault: 'sink' },
  E_SINK_VALUE: { fault: 'sink' },
  E_SINK_REJECTED: { fault: 'sink' },
  E_SINK_PEER: { fault: 'sink' },
  E_SINK_UNAVAILABLE: { fault: 'sink' },

  E_AWS_ACCESS: { fault: 'caller' },
  E_AWS_SETTING: { fault: 'program' },
  E_AWS_PACKAGE: { fault: 'program' },
  E_ENDPOINT: { fault: 'program' },
  E_S3_URL: { fault: 'program' },
  E_NOT_COMMITTED: { fault: 'protocol' },
  E_RECEIVER_PLACE: { fault: 'program' },
  E_FILES_PLACE: { fault: 'program' },
  E_TICK_QUEUE: { fault: 'store' },
  // The platform says of these three that the call did not take place, or may still run; of the last one, that the
  // task itself ended the function.
  E_FUNCTION_BUSY: { fault: 'store' },
  E_FUNCTION_REFUSED: { fault: 'store' },
  E_FUNCTION_UNANSWERED: { fault: 'store' },
  E_FUNCTION_FAILED: { fault: 'program' },

  E_KEY: { fault: 'record' },
  E_PAIR: { fault: 'record' },
  E_ASYNC: { fault: 'program' },
  E_UNANSWERED: { fault: 'program' },
  E_EXIT: { fault: 'program' },
  E_ITERABLE: { fault: 'record' },
  E_KEY_STRING: { fault: 'record' },
  E_KEY_TOO_LARGE: { fault: 'record' },
  E_VALUE: { fault: 'record' },
  E_NOT_SERIALISABLE: { fault: 'record' },
  E_CIRCULAR: { fault: 'record' },
  E_DEPTH: { fault: 'record' },
  E_CLASS_CODEC: { fault: 'program' },
  E_DECODE_UTF8: { fault: 'source' },
  E_RECORD_DECODE: { fault: 'record' },
  E_RECORD_SCHEMA: { fault: 'record' },
  E_RECORD_LENGTH: { fault: 'source' },
  E_RECORD_TOO_LARGE: { fault: 'source' },

  E_RECEIVER: { fault: 'source' },
  E_SOURCE: { fault: 'source' },
  E_SOURCE_END: { fault: 'source' },
  E_SOURCE_GAP: { fault: 'source' },
  E_SOURCE_RANGE: { fault: 'source' },
  E_SOURCE_REPLACED: { fault: 'source' },
  E_INPUT_PATH: { fault: 'source' },
  E_FILE_GONE: { fault: 'source' },
  E_FILE_CHANGED: { fault: 'source' },
  E_FILE_GROWING: { fault: 'source' },
  E_FILE_CORRUPT: { fault: 'source' },
  E_FILE_INFLATE: { fault: 'source' },
  E_FILE_FORMAT: { fault: 'source' },
  E_RECEIVER_STATE: { fault: 'source' },

  E_ARGUMENT: { fault: 'program' },
  E_EMPTY_COLLECTION: { fault: 'program' },
  E_HISTOGRAM: { fault: 'program' },
  E_ORDER: { fault: 'program' },
  E_ZIP: { fault: 'program' },
  E_PIPE: { fault: 'program' },
  E_OUTPUT_EXISTS: { fault: 'program' },
  E_BROADCAST_DESTROYED: { fault: 'program' },
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
