import { checkInitial } from './check-initial.ts'
import { located } from '../../../model/errors.ts'
import { Time } from '../../../model/time.ts'
import { checkIterable } from '../../../model/settled.ts'
import { checkPair } from '../../../shuffle/writer.ts'
import type { Partitioner } from '../../../shuffle/partitioner.ts'
import type { KeyedState } from '../../../state/keyed-state.ts'
import { ownCopy } from '../../../state/own-copy.ts'
import type { DStream } from '../dstream.ts'
import { pairShuffle, readSide } from '../../../lineage/cogrouped.ts'
import type { Blame } from '../../../lineage/blame.ts'
import { emitPairs, type PairColumns } from '../../../lineage/kept-records.ts'
import {
  chain,
  type Dependency,
  type MaybePromise,
  narrow,
  type RddNode,
  type TaskScope,
} from '../../../lineage/node.ts'
import type { RDD } from '../../rdd/rdd.ts'
import { defaultCheckpointMs } from '../../../graph/remember.ts'
import type { BatchView, StateNode, StreamNode } from '../../../graph/stream-node.ts'
import { formerName, schemaOf, type StateVersions } from './state-versions.ts'

/**
 * What happens to one partition's state when the values of a batch have been gathered; `null` values mean none came for
 * that key.
 */
export type PartitionUpdate = (
  state: KeyedState,
  values: readonly (readonly unknown[] | undefined)[],
  time: number,
  guard: Guard | null,
) => void

/** Calls a function of one key in a trial: for each value alone where it fails with all of them. */
type Guard = (key: unknown, all: () => void, alone: (i: number) => void) => void

/**
 * Full state out, every batch; the function sees every key that has state or data (Spark: `StateDStream`).
 * Without a parent RDD the function runs over the old state with no values; without either there is no RDD.
 */
export function statefulStream<K, S>(
  stream: DStream<any>,
  partitioner: Partitioner,
  initial: RDD<readonly [K, S]> | null,
  update: PartitionUpdate,
  options: { readonly name?: string; readonly keepsPartitioner?: boolean } & StateVersions<S>,
): DStream<[K, S]> {
  checkInitial(initial)
  const parent = stream.node
  const schema = schemaOf(options.version, options.migrate)
  const node: StateNode<[K, S]> = stream.context.graph.add<[K, S], 'state'>({
    kind: 'state',
    operator: 'updateStateByKey',
    parents: [parent],
    slideMs: parent.slideMs,
    defaultCheckpointMs,
    schema,
    partitioner,
    ...(options.name ? { name: options.name } : {}),
    ...formerName(options),
    compute: (time, view) => {
      const rdd = view.rdd(parent, time)
      if (!rdd && !view.committed(node)) return null
      return stateNode(
        node,
        rdd,
        initial?.node ?? null,
        partitioner,
        update,
        time,
        view,
        options.keepsPartitioner ?? true,
      )
    },
  })
  return stream.streamOf(node)
}

function stateNode(
  node: StateNode,
  rdd: RddNode<any> | null,
  initial: RddNode<any> | null,
  partitioner: Partitioner,
  update: PartitionUpdate,
  time: number,
  view: BatchView,
  keepsPartitioner: boolean,
): RddNode<[unknown, unknown]> {
  const committed = view.committed(node)
  const values = rdd && sideOf(rdd, partitioner, node)
  const start = committed || !initial ? null : sideOf(initial, partitioner, node)
  const partitions = partitioner.numPartitions
  return {
    kind: 'state',
    partitions,
    partitioner: keepsPartitioner ? partitioner : null,
    dependencies: [values, start].filter((dependency) => dependency !== null),
    pinned: true,
    effect: node.uid,
    compute(split, task, sink) {
      const request = {
        operator: node.uid,
        split,
        partitions,
        committed,
        schema: node.schema,
      }
      return chain(task.keyedState(request), (state) =>
        chain(loadInitial(start, split, task, state), () =>
          chain(gather(values, split, task, state), (gathered) => {
            const guard = task.blame ? guardOf(task.blame, values) : null
            emitPairs(
              sink,
              updated(node, split, state, () => update(state, gathered, time, guard)),
            )
            return task.stateChanged(request, state)
          }),
        ),
      )
    },
  }
}

const guardOf =
  (blame: Blame, values: Dependency | null): Guard =>
  (key, all, alone) =>
    blame.ofKey(values ? [values] : [], key, all, alone)

/**
 * The state after the update, copied. What the function returns may be nothing that can be kept, such as a promise:
 * then the error says of which operator.
 */
function updated({ uid, place }: StreamNode, split: number, state: KeyedState, update: () => void): PairColumns {
  try {
    update()
    return { ...state.all(), hashes: null }
  } catch (error) {
    throw located(error, { operator: uid, place, partition: split })
  }
}

export const sideOf = (rdd: RddNode<any>, partitioner: Partitioner, { name, uid, place }: StreamNode): Dependency =>
  rdd.partitioner?.equals(partitioner)
    ? narrow(rdd)
    : pairShuffle(rdd, partitioner, () => ({ operator: name ?? uid, place }))

/** The first value of a key wins (parity A5.4). */
function loadInitial(start: Dependency | null, split: number, task: TaskScope, state: KeyedState): MaybePromise<void> {
  if (!start) return
  return readSide(start, split, task, (key, value, hash) => {
    const id = state.table.upsertHashed(key, hash)
    if (!state.has(id)) state.put(id, ownCopy(value))
  })
}

/** Values of the batch by id of their key, in order of arrival. */
function gather(side: Dependency | null, split: number, task: TaskScope, state: KeyedState): MaybePromise<unknown[][]> {
  // Long enough from the start: a hole-ridden array would turn into a dictionary.
  const byId: unknown[][] = new Array(state.table.idLimit)
  if (!side) return byId
  const add = (key: unknown, value: unknown, hash: number): void => {
    const id = state.table.upsertHashed(key, hash)
    if (id >= byId.length) byId.push([value])
    else if (byId[id]) byId[id].push(value)
    else byId[id] = [value]
  }
  const done = readSide(side, split, task, add, state)
  return chain(done, () => byId)
}

const NONE: readonly never[] = []

/** One key at a time: `undefined` (or null) removes the key. */
export const updateEach =
  (f: (time: Time, key: unknown, values: readonly unknown[], previous: unknown) => unknown): PartitionUpdate =>
  (state, values, timeMs, guard) => {
    const time = new Time(timeMs)
    const gone: number[] = []
    const call = (id: number, given: readonly unknown[]): void => {
      // In a trial a call may fail, having changed what it was given, and the next one must not see that.
      const previous = guard ? ownCopy(state.get(id)) : state.get(id)
      const next = f(time, ownCopy(state.table.keyAt(id)), given, previous)
      if (next === undefined || next === null) gone.push(id)
      // An object may have been changed in place, so only equal primitives count as unchanged. The program may keep
      // what it returned, and change it later.
      else if (typeof next === 'object' || !Object.is(next, previous)) state.put(id, ownCopy(next))
    }
    for (const id of state.table.ids()) {
      const given = values[id] ?? NONE
      if (guard)
        guard(
          state.table.keyAt(id),
          () => call(id, given),
          (i) => call(id, [given[i]]),
        )
      else call(id, given)
    }
    for (const id of gone) state.remove(id)
  }

/** The whole partition at once: what comes out is the new state, whatever its keys (Spark's iterator form). */
export const updateAll =
  (
    f: (entries: IterableIterator<[unknown, readonly unknown[], unknown]>) => Iterable<readonly [unknown, unknown]>,
  ): PartitionUpdate =>
  (state, values) => {
    const entries: [unknown, readonly unknown[], unknown][] = []
    for (const id of state.table.ids())
      entries.push([ownCopy(state.table.keyAt(id)), values[id] ?? NONE, state.get(id)])
    const given = f(entries.values())
    checkIterable(given, 'updateStateByKey')
    const next = [...given]
    state.clear()
    for (const pair of next) {
      if (!Array.isArray(pair) || pair[0] === undefined) checkPair(pair, {})
      state.put(state.table.upsert(pair[0]), ownCopy(pair[1]))
    }
  }
