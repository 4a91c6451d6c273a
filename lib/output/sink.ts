import type { Clock } from '../host/clock.ts'
import type { AwsRight } from '../model/aws-right.ts'

/** How often the world sees what a sink was given, when it is given again after a crash. */
export type Guarantee = 'exactly-once' | 'at-least-once'

/**
 * Marks the sinks of this library. A simulation puts a stand-in in their place, so that nothing outside is touched;
 * their own tests show what they promise.
 */
export const BUNDLED: unique symbol = Symbol('a sink of this library')

/**
 * A place outside that takes records, as a value: `stream.output('pages', sink)`.
 *
 * What a partition holds is fixed by the commit before `write` sees it. `write` may run again for the same partition,
 * after a crash or a lost answer, always with the same records and the same `key`; how often the world then sees them
 * is what `guarantee` says.
 */
export interface OutputSink<T, G extends Guarantee = Guarantee> {
  /** What it is, for messages: `postgres pages`. */
  readonly name: string
  /** How often the world sees what `write` is given more than once. */
  readonly guarantee: G
  /** Whether partitions without records are written too (a file sink wants its empty part). */
  readonly writesEmpty?: boolean
  /**
   * The directories that it puts files into: a program whose source looks there would read what it writes, and is not
   * started.
   */
  readonly folders?: readonly string[]
  /** Where it writes, for people: host, database, table. Shown when a program starts, so it holds no secret. */
  readonly address?: string
  /** What it must be allowed where it runs on AWS: the deployed output function is. */
  readonly awsRights?: readonly AwsRight[]
  /** @internal Marks the sinks of this library. */
  readonly [BUNDLED]?: true
  /**
   * Loads what it needs, and opens nothing: called once before anything runs, so that what is missing is found then.
   */
  ready?(): Promise<unknown>
  /**
   * Writes one partition. Resolves when everything is safe outside; a rejection is tried again, by the next start at
   * the latest.
   */
  write(records: readonly T[], delivery: Delivery): Promise<void>
  /** After every partition of the batch has been written: a place for `_SUCCESS` and the like. */
  finish?(
    batch: Pick<Delivery, 'app' | 'inc' | 'sink' | 'batch' | 'timeMs'> & { readonly partitions: number },
  ): Promise<void>
  /** Lets go of connections. A sink that is written to afterwards opens them again. */
  close?(): Promise<void>
}

/** One partition of one batch on its way to a sink. */
export interface Delivery {
  /** Name of the app. */
  readonly app: string
  /** Incarnation of the app: another one when its state was deleted and it began anew. */
  readonly inc: string
  /** Name of the output. */
  readonly sink: string
  /** Number of the batch, from 1; the same at every attempt. */
  readonly batch: number
  /** Batch time in ms since the epoch. */
  readonly timeMs: number
  /** Number of the partition, from 0. */
  readonly partition: number
  /** How many partitions the batch has. */
  readonly partitions: number
  /** Stable over every attempt: what an idempotent receiver remembers. */
  readonly key: string
  /** Aborts when whoever delivers gives up; a sink then stops before its next call to the outside. */
  readonly signal?: AbortSignal
  /** When whoever delivers gives up, by `clock`: a sink does not wait for longer. Left out where nobody does. */
  readonly notAfter?: number
  /** What a sink waits on between its own attempts. Without it they follow one another at once. */
  readonly clock?: Clock
}
