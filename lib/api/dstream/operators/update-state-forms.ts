import type { Time } from '../../../model/time.ts'
import type { Partitioner } from '../../../shuffle/partitioner.ts'
import type { DStream, Parts, ShuffleOptions } from '../dstream.ts'
import type { RDD } from '../../rdd/rdd.ts'
import type { StateVersions } from './state-versions.ts'
import { statefulPartitioner } from './stateful-partitioner.ts'
import { statefulStream, updateAll, updateEach } from './update-state-by-key.ts'

/** State before the first batch, as pairs. */
export type Initial<K, S> = RDD<readonly [K, S]>

/** Ours beside Spark's positional arguments. */
export interface UpdateOptions<K, S> extends ShuffleOptions, StateVersions<S> {
  /** State before the first batch. */
  readonly initial?: Initial<K, S>
}

/** The new state of a key, from its values of the batch and the state before; `undefined` or `null` removes the key. */
export type UpdateValues<V, S> = (values: V[], state: S | undefined) => S | undefined | null
/** The new state of all keys of a partition: an entry that is not given back is removed. */
export type UpdateEntries<K, V, S> = (entries: IterableIterator<[K, V[], S | undefined]>) => Iterable<readonly [K, S]>
/** Like `UpdateValues`, with the batch time and the key. */
export type UpdateTimed<K, V, S> = (time: Time, key: K, values: V[], state: S | undefined) => S | undefined | null

/**
 * Spark's three forms: per key; over a partition's entries; per key with time and key (the last two take a partitioner
 * and `rememberPartitioner`).
 */
type UpdateArguments<K, V, S> =
  | [update: UpdateValues<V, S>, parts?: Parts | UpdateOptions<K, S>, initial?: Initial<K, S>]
  | [update: UpdateEntries<K, V, S>, partitioner: Partitioner, rememberPartitioner: boolean, initial?: Initial<K, S>]
  | [update: UpdateTimed<K, V, S>, partitioner: Partitioner, rememberPartitioner: boolean, initial?: Initial<K, S>]

export function updateStateByKey<K, V, S>(
  stream: DStream<readonly [K, V]>,
  args: UpdateArguments<K, V, S>,
): DStream<[K, S]> {
  const [update, parts, third, fourth] = args
  const { context } = stream
  const partitioner = statefulPartitioner(context, parts)
  if (typeof third === 'boolean') {
    const each = update.length >= 4 ? updateEach(update as never) : updateAll(update as never)
    return statefulStream<K, S>(stream, partitioner, fourth ?? null, each, { keepsPartitioner: third })
  }
  const options = isOptions<K, S>(parts) ? parts : {}
  const f = update
  return statefulStream<K, S>(
    stream,
    partitioner,
    third ?? options.initial ?? null,
    updateEach((_time, _key, values, state) => f(values as V[], state as S | undefined)),
    options,
  )
}

const isOptions = <K, S>(parts: unknown): parts is UpdateOptions<K, S> =>
  typeof parts === 'object' && parts !== null && !('getPartition' in parts)
