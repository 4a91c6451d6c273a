import type { Time } from '../../../model/time.ts'
import type { Partitioner } from '../../../shuffle/partitioner.ts'
import type { DStream, Parts, ShuffleOptions } from '../dstream.ts'
import type { RDD } from '../../rdd/rdd.ts'
import { optionsIn, SHUFFLE_OPTIONS } from '../shuffle-options.ts'
import type { StateVersions } from './state-versions.ts'
import { statefulPartitioner } from './stateful-partitioner.ts'
import { SluiceError } from '../../../model/errors.ts'
import { anything, type RulesOf, text } from '../../../model/options.ts'
import { callerPlace } from '../../../model/place.ts'
import { badArgument, needsFunction } from '../../../lineage/bad-argument.ts'
import { otherForm } from './other-form.ts'
import { type PartitionUpdate, statefulStream, updateAll, updateEach } from './update-state-by-key.ts'

/** State before the first batch, as pairs. */
export type Initial<K, S> = RDD<readonly [K, S]>

/** Ours beside Spark's positional arguments. */
export interface UpdateOptions<K, S> extends ShuffleOptions, StateVersions<S> {
  /** State before the first batch. */
  readonly initial?: Initial<K, S>
}

const UPDATE_OPTIONS: RulesOf<UpdateOptions<any, any>> = {
  ...SHUFFLE_OPTIONS,
  initial: anything,
  version: anything,
  migrate: anything,
  was: text,
}

/** The new state of a key, from its values of the batch and the state before; `undefined` or `null` removes the key. */
export type UpdateValues<V, S> = (values: V[], state: S | undefined) => S | undefined | null
/** The new state of all keys of a partition: an entry that is not given back is removed. */
export type UpdateEntries<K, V, S> = (entries: IterableIterator<[K, V[], S | undefined]>) => Iterable<readonly [K, S]>
/** Like `UpdateValues`, with the batch time and the key. */
export type UpdateTimed<K, V, S> = (time: Time, key: K, values: V[], state: S | undefined) => S | undefined | null

/**
 * The function of `updateStateByKey` with its form said outright; without it the form is told by the number of
 * parameters. Not in Spark.
 */
export class StateUpdate<K, V, S> {
  /** @internal */
  readonly update: PartitionUpdate
  /** @internal The types that its function takes and gives. */
  declare readonly types?: (pair: readonly [K, V]) => S

  private constructor(update: PartitionUpdate) {
    this.update = update
  }

  /** `(time, key, values, state)`, per key. */
  static timed<K, V, S>(f: UpdateTimed<K, V, S>): StateUpdate<K, V, S> {
    needsFunction(f, 'StateUpdate.timed')
    return new StateUpdate(updateEach(f as never))
  }

  /** `(entries)`, over a partition. */
  static entries<K, V, S>(f: UpdateEntries<K, V, S>): StateUpdate<K, V, S> {
    needsFunction(f, 'StateUpdate.entries')
    return new StateUpdate(updateAll(f as never))
  }
}

/**
 * Spark's three forms: per key; over a partition's entries; per key with time and key (the last two take a partitioner
 * and `rememberPartitioner`).
 */
type UpdateArguments<K, V, S> =
  | [update: StateUpdate<K, V, S>, options?: Parts | UpdateOptions<K, S>]
  | [update: UpdateValues<V, S>, parts?: Parts | UpdateOptions<K, S>, initial?: Initial<K, S>]
  | [update: UpdateEntries<K, V, S>, partitioner: Partitioner, rememberPartitioner: boolean, initial?: Initial<K, S>]
  | [update: UpdateTimed<K, V, S>, partitioner: Partitioner, rememberPartitioner: boolean, initial?: Initial<K, S>]

export function updateStateByKey<K, V, S>(
  stream: DStream<readonly [K, V]>,
  args: UpdateArguments<K, V, S>,
): DStream<[K, S]> {
  const [update, parts, third, fourth] = args as [UpdateArguments<K, V, S>[0], any?, unknown?, unknown?]
  const { context } = stream
  const partitioner = statefulPartitioner(context, parts, UPDATE_OPTIONS)
  const options = optionsIn<UpdateOptions<K, S>>(parts) ?? {}
  const hasFlag = typeof third === 'boolean'
  const initial = oneOfStates([options.initial, hasFlag ? null : third, fourth]) as Initial<K, S> | null
  const build = (each: PartitionUpdate): DStream<[K, S]> =>
    statefulStream<K, S>(
      stream,
      partitioner,
      initial,
      each,
      hasFlag ? { ...options, keepsPartitioner: third } : options,
    )
  if (update instanceof StateUpdate) return build(update.update)
  needsFunction(update, 'updateStateByKey')
  // Only the form over entries has a single parameter.
  if (hasFlag) return build(update.length >= 2 ? updateEach(update as never) : updateAll(ofEntries(update as never)))
  if (update.length > 2) throw tooManyParameters(update.length)
  const f = update as UpdateValues<V, S>
  return build(updateEach((_time, _key, values, state) => f(values as V[], state as S | undefined)))
}

/** The state before the first batch, wherever it was given. */
function oneOfStates(given: readonly unknown[]): unknown {
  const [first, second] = given.filter((state) => state !== undefined && state !== null)
  if (second === undefined) return first ?? null
  throw badArgument('updateStateByKey was given two states before the first batch.', '{ initial: a.union(b) }')
}

type Entries = IterableIterator<[unknown, readonly unknown[], unknown]>

/** The function over entries, which cannot use a second parameter: then it is of the other form. */
function ofEntries(
  f: (entries: Entries, other: never) => Iterable<readonly [unknown, unknown]>,
): (entries: Entries) => Iterable<readonly [unknown, unknown]> {
  const other = otherForm({
    operator: 'updateStateByKey',
    place: callerPlace(),
    takenFor: '(entries)',
    next: ['updateStateByKey(StateUpdate.timed((time, key, values, state) => …))'],
  })
  return (entries) => f(entries, other)
}

const tooManyParameters = (count: number): SluiceError =>
  new SluiceError('E_ARGUMENT', `The function of updateStateByKey has ${count} parameters; (values, state) has two.`, {
    where: { place: callerPlace() },
    did: 'nothing was started',
    next: [
      'updateStateByKey(StateUpdate.timed((time, key, values, state) => …))',
      'updateStateByKey(f, partitioner, true), as in Spark',
    ],
  })
