import { checkInitial } from './check-initial.ts'
import { type DurationLike, intervalMs, type Time } from '../../../model/time.ts'
import { checkedPartitions, type Partitioner, partitionerOf } from '../../../shuffle/partitioner.ts'
import type { Inferred } from '../../../lineage/inferred.ts'
import type { RDD } from '../../rdd/rdd.ts'
import { FIRST_SCHEMA, type StateSchema } from '../../../state/schema.ts'
import { checkOptions, oneOf, type RulesOf, text } from '../../../model/options.ts'
import { callerPlace } from '../../../model/place.ts'
import { needsFunction } from '../../../lineage/bad-argument.ts'
import { otherForm } from './other-form.ts'
import type { State } from './state-handle.ts'
import { type FormerName, schemaOf } from './state-versions.ts'

/** What `StateSpec.function` takes last. */
interface StateOptions extends FormerName {
  /** Identity of the operator in state, metrics and errors; derived from its place in the graph when left out. */
  readonly name?: string
  /**
   * `checkpoint` (Spark, the default): timeouts are looked at every checkpoint interval; `everyBatch`: in each batch.
   */
  readonly timeoutCheck?: 'checkpoint' | 'everyBatch'
}

const STATE_OPTIONS: RulesOf<StateOptions> = {
  name: text,
  timeoutCheck: oneOf('checkpoint', 'everyBatch'),
  was: text,
}

/** Called with `undefined` as the value when the key times out. Returning nothing emits nothing. */
type TimedMapping<K, V, S, E> = (time: Time, key: K, value: V | undefined, state: State<S>) => E | undefined
/** Emits whatever it returns, once per record. */
type Mapping<K, V, S, E> = (key: K, value: V | undefined, state: State<S>) => E

function checkGiven(f: unknown, options: unknown, caller: string): void {
  needsFunction(f, caller)
  checkOptions(caller, options, STATE_OPTIONS)
}

/** How `mapWithState` works: the function, and what is set with chained calls (Spark: `StateSpec`). */
export class StateSpec<K, V, S, E> {
  /** @internal The function as it is called. */
  readonly f: TimedMapping<K, V, S, E>
  /** @internal */
  readonly emitsAlways: boolean
  /** @internal What `function` was given. */
  readonly options: StateOptions
  /** @internal What `initialState` was given. */
  initial: RDD<readonly [K, S]> | null = null
  /** @internal What `numPartitions` or `partitioner` was given. */
  parts: number | Partitioner | undefined = undefined
  /** @internal What `timeout` was given. */
  timeoutMs: number | null = null
  /** @internal What `version` was given. */
  schema: StateSchema = FIRST_SCHEMA

  private constructor(f: TimedMapping<K, V, S, E>, emitsAlways: boolean, options: StateOptions) {
    this.f = f
    this.emitsAlways = emitsAlways
    this.options = options
  }

  /**
   * The form with four parameters gets the batch time and may emit nothing; the one with three emits one record per
   * call. Which it is, is told by the number of parameters: with default values say it, by `timed` or `mapping`. Throws
   * `E_ARGUMENT` at the first call of a function that was taken for the wrong one. Spark: `StateSpec.function`.
   */
  static function<K, V, S, E extends Inferred>(f: Mapping<K, V, S, E>, options?: StateOptions): StateSpec<K, V, S, E>
  static function<K, V, S, E extends Inferred>(
    f: TimedMapping<K, V, S, E>,
    options?: StateOptions,
  ): StateSpec<K, V, S, E>
  static function<K, V, S, E>(
    f: TimedMapping<K, V, S, E> | Mapping<K, V, S, E>,
    options: StateOptions = {},
  ): StateSpec<K, V, S, E> {
    checkGiven(f, options, 'StateSpec.function')
    if (f.length >= 4) return new StateSpec(f as TimedMapping<K, V, S, E>, false, options)
    const other = otherForm({
      operator: 'StateSpec.function',
      place: callerPlace(),
      takenFor: '(key, value, state)',
      next: ['StateSpec.timed((time, key, value, state) => …)', 'StateSpec.mapping((key, value, state) => …)'],
    })
    const simple = f as (key: K, value: V | undefined, state: State<S>, other: never) => E
    return new StateSpec<K, V, S, E>((_time, key, value, state) => simple(key, value, state, other), true, options)
  }

  /** `function` in its form with time, key, value and state, whatever the number of parameters. Not in Spark. */
  static timed<K, V, S, E extends Inferred>(
    f: TimedMapping<K, V, S, E>,
    options: StateOptions = {},
  ): StateSpec<K, V, S, E> {
    checkGiven(f, options, 'StateSpec.timed')
    return new StateSpec(f, false, options)
  }

  /** `function` in its form with key, value and state, whatever the number of parameters. Not in Spark. */
  static mapping<K, V, S, E extends Inferred>(
    f: Mapping<K, V, S, E>,
    options: StateOptions = {},
  ): StateSpec<K, V, S, E> {
    checkGiven(f, options, 'StateSpec.mapping')
    return new StateSpec<K, V, S, E>((_time, key, value, state) => f(key, value, state), true, options)
  }

  /** State before the first batch; the last entry of a key wins. Spark: `StateSpec.initialState`. */
  initialState(rdd: RDD<readonly [K, S]>): this {
    checkInitial(rdd)
    this.initial = rdd
    return this
  }

  /**
   * Partitions of the state; the default parallelism if it is not called. Throws `E_PARTITIONS`. Spark:
   * `StateSpec.numPartitions`.
   */
  numPartitions(count: number): this {
    this.parts = checkedPartitions(count, { place: callerPlace() })
    return this
  }

  /** What decides where a key's state lives. Throws `E_PARTITIONS`. Spark: `StateSpec.partitioner`. */
  partitioner(partitioner: Partitioner): this {
    this.parts = partitionerOf(partitioner, { place: callerPlace() })
    return this
  }

  /**
   * Version of the values in the state; `migrate` makes one of this version of one that version `from` kept. Throws
   * `E_ARGUMENT`. Not in Spark.
   */
  version(version: number, migrate?: (old: any, from: number) => S): this {
    this.schema = schemaOf(version, migrate)
    return this
  }

  /**
   * A key without data for longer than this is passed to the function once more, then dropped. Spark:
   * `StateSpec.timeout`.
   */
  timeout(idle: DurationLike): this {
    this.timeoutMs = intervalMs(idle, 'timeout')
    return this
  }
}
