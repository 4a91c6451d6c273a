import type { Json } from '../../model/json.ts'
import { SluiceError } from '../../model/errors.ts'

/** Accepted for Spark's sake: what a receiver stores is always durable before it counts as received. */
interface ReceiverStorage {
  /** Accepted, without effect. */
  readonly useDisk: boolean
  /** Accepted, without effect. */
  readonly useMemory: boolean
  /** Accepted, without effect. */
  readonly replication: number
}

/** What runs a receiver: a receiver asks, it obeys. */
export interface ReceiverRunner<T> {
  readonly streamId: number
  add(record: T): boolean
  ready(): Promise<void>
  store(records: readonly T[], metadata?: Json): Promise<void>
  storeBytes(bytes: Uint8Array, metadata?: Json): Promise<void>
  refuse(what: unknown, error: unknown): void
  reportError(message: string, error?: unknown): void
  restart(message: string, error?: unknown, delayMs?: number): void
  stop(message: string, error?: unknown): void
  end(): void
  waiting(): number
  isStarted(): boolean
  isStopped(): boolean
}

/** A record that is itself an array or an iterator would be mistaken for many records. */
type Single<T> = T extends readonly unknown[] | Iterator<unknown> ? never : T

/**
 * Receives records from outside (Spark: `Receiver`): a subclass connects in `onStart`, hands over what arrives with
 * `store`, and lets go of everything in `onStop`. It runs in one process, from start to stop, with restarts in between.
 */
export abstract class Receiver<T> {
  /** As given to the constructor; accepted for compatibility. Spark: `Receiver.storageLevel`. */
  readonly storageLevel: ReceiverStorage | undefined
  /** The host it would like to run on, shown to listeners. Spark: `Receiver.preferredLocation`. */
  readonly preferredLocation?: string
  #runner: ReceiverRunner<T> | null = null

  /** What is received is durable before it counts, whatever the level. Spark: `Receiver`. */
  constructor(storageLevel?: ReceiverStorage) {
    this.storageLevel = storageLevel
  }

  /**
   * Begins receiving, either in the background or as an async loop: nobody waits for its end. An error thrown here
   * stops the receiver. Spark: `Receiver.onStart`.
   */
  abstract onStart(): void | Promise<void>
  /** Releases all that `onStart` took; also called before a restart. Spark: `Receiver.onStop`. */
  abstract onStop(): void | Promise<void>

  /**
   * One record, into the block that is being filled: it is durable a moment later, so a source that can send it again
   * should rather store many. False: it was taken, but more should wait for `ready()`, as with a stream's `write` and
   * `drain`. Spark: `Receiver.store`.
   */
  store(record: Single<T>): boolean
  /**
   * Records as one block. Resolves when the block is durable and registered: what was received may be acknowledged
   * then.
   */
  store(records: readonly T[] | Iterator<T>, metadata?: Json): Promise<void>
  store(given: unknown, metadata?: Json): boolean | Promise<void> {
    const many = recordsIn(given)
    return many ? this.#attached.store(many as T[], metadata) : this.#attached.add(given as T)
  }

  /** As `store` of one record, which may be an array. Spark: `Receiver.store`. */
  storeOne(record: T): boolean {
    return this.#attached.add(record)
  }
  /** Resolves when the rate limit and the queue of blocks allow for more records. Not in Spark. */
  ready(): Promise<void> {
    return this.#attached.ready()
  }
  /**
   * An encoded block of records, or any other bytes as one record. Resolves as `store` of many does. Spark:
   * `Receiver.store`.
   */
  storeBytes(bytes: Uint8Array, metadata?: Json): Promise<void> {
    return this.#attached.storeBytes(bytes, metadata)
  }
  /**
   * Leaves out what arrived and is no record: it is said and counted, and with `onError: 'dead-letter'` what can be
   * shown of it is kept as a dead letter of the batch that takes what is stored now. Bytes are copied. What is given to
   * `store` alone and cannot be stored is refused without this. Not in Spark.
   */
  refuse(what: unknown, error: unknown): void {
    this.#attached.refuse(what, error)
  }
  /** Says an error on the terminal, in the log and to listeners; reception goes on. Spark: `Receiver.reportError`. */
  reportError(message: string, error?: unknown): void {
    this.#attached.reportError(message, error)
  }
  /**
   * Stops and starts again after `delayMs` (default `spark.streaming.receiverRestartDelay`); returns at once. Spark:
   * `Receiver.restart`.
   */
  restart(message: string, error?: unknown, delayMs?: number): void {
    this.#attached.restart(message, error, delayMs)
  }
  /** Ends the receiver. What it stored is still processed. Spark: `Receiver.stop`. */
  stop(message: string, error?: unknown): void {
    this.#attached.stop(message, error)
  }
  /**
   * Says that nothing will come any more: what it reads is at its end. Once every source of the program has said so,
   * the run stops gracefully, after the batch that takes the last records. Not in Spark.
   */
  end(): void {
    this.#attached.end()
  }
  /** Blocks that are stored and that no batch has taken yet. Not in Spark. */
  waiting(): number {
    return this.#attached.waiting()
  }
  /** Whether it was started, and not stopped since. Spark: `Receiver.isStarted`. */
  isStarted(): boolean {
    return this.#attached.isStarted()
  }
  /** True also while it waits to be started again. Spark: `Receiver.isStopped`. */
  isStopped(): boolean {
    return this.#attached.isStopped()
  }
  /** Number of its source. Spark: `Receiver.streamId`. */
  get streamId(): number {
    return this.#attached.streamId
  }

  /** @internal Called by whoever runs the receiver, once per run. */
  attach(runner: ReceiverRunner<T>): void {
    this.#runner = runner
  }

  get #attached(): ReceiverRunner<T> {
    if (this.#runner) return this.#runner
    throw new SluiceError('E_RECEIVER_STATE', 'This receiver does not run yet.', {
      did: 'nothing was stored',
      next: ['use it from onStart on'],
    })
  }
}

function recordsIn(given: unknown): readonly unknown[] | null {
  if (Array.isArray(given)) return given
  if (typeof given !== 'object' || given === null || typeof (given as Partial<Iterator<unknown>>).next !== 'function')
    return null
  return [...{ [Symbol.iterator]: () => given as Iterator<unknown> }]
}
