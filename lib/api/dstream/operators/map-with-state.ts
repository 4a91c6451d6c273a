import { checkSettled, kindOf } from '../../../model/settled.ts'
import { Time } from '../../../model/time.ts'
import { pairsOf } from '../../../shuffle/reader.ts'
import { ownCopy } from '../../../state/own-copy.ts'
import type { KeyedState } from '../../../state/keyed-state.ts'
import { DStream } from '../dstream.ts'
import { readSide } from '../../../lineage/cogrouped.ts'
import { chain, type Dependency, type MaybePromise, type RddNode, type TaskScope } from '../../../lineage/node.ts'
import { partitionsNode } from '../../../lineage/narrow.ts'
import { checkpointMsOf } from '../../../graph/remember.ts'
import type { BatchView, StateNode, StreamNode } from '../../../graph/stream-node.ts'
import { StateHandle } from './state-handle.ts'
import { StateSpec } from './state-spec.ts'
import { badArgument } from '../../../lineage/bad-argument.ts'
import { formerName } from './state-versions.ts'
import { statefulPartitioner } from './stateful-partitioner.ts'
import { sideOf } from './update-state-by-key.ts'

/**
 * Two kinds of records leave a partition: what the function returned, and (for snapshots) the state after the batch.
 */
type Emitted = { readonly mapped: unknown[]; readonly snapshot: readonly (readonly [unknown, unknown])[] | null }

/** Output of `mapWithState`, with the state itself as a second stream (Spark: `MapWithStateDStream`). */
export class MapWithStateDStream<K, V, S, E> extends DStream<E> {
  readonly #partitions: StateNode<Emitted>
  readonly #wants: { snapshot: boolean }

  /** @internal `mapWithState` makes one. */
  constructor(parent: DStream<readonly [K, V]>, spec: StateSpec<K, V, S, E>) {
    const wants = { snapshot: false }
    const partitions = statePartitions(parent, spec, wants)
    super(parent.context, emitted(parent, partitions, 'mapWithState', (partition) => partition.mapped as E[]).node)
    this.#partitions = partitions
    this.#wants = wants
  }

  /** The whole state after each batch, removals applied. Spark: `MapWithStateDStream.stateSnapshots`. */
  stateSnapshots(): DStream<[K, S]> {
    this.#wants.snapshot = true
    return emitted(this, this.#partitions, 'stateSnapshots', (partition) => partition.snapshot as [K, S][])
  }

  /**
   * Only the state itself is checkpointed; its interval decides when timeouts are looked at. Spark:
   * `DStream.checkpoint`.
   */
  override checkpoint(interval: Parameters<DStream<E>['checkpoint']>[0]): this {
    this.context.setCheckpointInterval(this.#partitions, interval)
    return this
  }

  /** @internal The stream that carries the state. */
  get stateNode(): StateNode {
    return this.#partitions
  }
}

const emitted = <U>(
  stream: DStream<any>,
  partitions: StateNode<Emitted>,
  operator: string,
  pick: (partition: Emitted) => readonly U[],
): DStream<U> =>
  stream.derive<U>({
    kind: 'narrow',
    operator,
    parents: [partitions],
    slideMs: partitions.slideMs,
    compute: (time, view) => {
      const rdd = view.rdd(partitions, time)
      return (
        rdd &&
        partitionsNode<Emitted, U>(rdd, (records) => {
          const parts = Array.from(records, pick)
          return parts.length === 1 ? parts[0] : parts.flat()
        })
      )
    },
  })

function statePartitions<K, V, S, E>(
  stream: DStream<readonly [K, V]>,
  spec: StateSpec<K, V, S, E>,
  wants: { readonly snapshot: boolean },
): StateNode<Emitted> {
  const parent = stream.node
  if (!(spec instanceof StateSpec))
    throw badArgument(
      `mapWithState was given ${kindOf(spec)}, and needs a StateSpec.`,
      'stream.mapWithState(StateSpec.function((key, value, state) => …))',
    )
  const partitioner = statefulPartitioner(stream.context, spec.parts)
  const node: StateNode<Emitted> = stream.context.graph.add<Emitted, 'state'>({
    kind: 'state',
    operator: 'mapWithState',
    parents: [parent],
    slideMs: parent.slideMs,
    defaultCheckpointMs: (slideMs) => 10 * slideMs,
    schema: spec.schema,
    partitioner,
    ...(spec.options.name ? { name: spec.options.name } : {}),
    ...formerName(spec.options),
    compute: (time, view) => {
      const rdd = view.rdd(parent, time)
      const committed = view.committed(node)
      const values = rdd && sideOf(rdd, partitioner, node)
      const start = committed || !spec.initial ? null : sideOf(spec.initial.node, partitioner, node)
      return stateNode({
        node,
        values,
        start,
        partitions: partitioner.numPartitions,
        spec: spec as never,
        wants,
        time,
        expires: expiresAt(node, spec as never, time, view),
        view,
      })
    },
  })
  return node
}

/**
 * Keys last touched before this are due; `null` in batches that do not look (parity A5.10: only where the state is
 * checkpointed).
 */
function expiresAt(
  node: StreamNode,
  spec: StateSpec<unknown, unknown, unknown, unknown>,
  time: number,
  view: BatchView,
): number | null {
  if (spec.timeoutMs === null) return null
  const looks = spec.options.timeoutCheck === 'everyBatch' || (time - view.zeroTime) % checkpointMsOf(node)! === 0
  return looks ? time - spec.timeoutMs : null
}

interface StateNodeParts {
  readonly node: StateNode
  readonly values: Dependency | null
  readonly start: Dependency | null
  readonly partitions: number
  readonly spec: StateSpec<unknown, unknown, unknown, unknown>
  readonly wants: { readonly snapshot: boolean }
  readonly time: number
  readonly expires: number | null
  readonly view: BatchView
}

function stateNode(parts: StateNodeParts): RddNode<Emitted> {
  const { node, values, start, partitions, time, view } = parts
  return {
    kind: 'mapWithState',
    partitions,
    partitioner: null,
    dependencies: [values, start].filter((dependency) => dependency !== null),
    pinned: true,
    effect: node.uid,
    compute(split, task, sink) {
      const request = {
        operator: node.uid,
        split,
        partitions,
        committed: view.committed(node),
        schema: node.schema,
      }
      return chain(task.keyedState(request), (state) =>
        chain(loadInitial(start, split, task, state, time), () =>
          chain(updatePartition(parts, split, task, state), (mapped) => {
            sink.emit({ mapped, snapshot: parts.wants.snapshot ? pairsOf(state.all()) : null })
            return task.stateChanged(request, state)
          }),
        ),
      )
    },
  }
}

/** Later entries of a key win, and count as touched in the first batch. */
function loadInitial(
  start: Dependency | null,
  split: number,
  task: TaskScope,
  state: KeyedState,
  time: number,
): MaybePromise<void> {
  if (!start) return
  return readSide(start, split, task, (key, value, hash) =>
    state.put(state.table.upsertHashed(key, hash), ownCopy(value), time),
  )
}

/** Once per record in order of arrival, then once per key that has timed out (Spark: `MapWithStateRDDRecord`). */
function updatePartition(
  { node, values, spec, time: timeMs, expires }: StateNodeParts,
  split: number,
  task: TaskScope,
  state: KeyedState,
): MaybePromise<unknown[]> {
  const mapped: unknown[] = []
  const handle = new StateHandle<unknown>()
  const time = new Time(timeMs)
  const { f, emitsAlways, timeoutMs } = spec
  const stamp = timeoutMs === null ? undefined : timeMs
  const out = (result: unknown): void => {
    if (typeof result === 'object') checkSettled(result, 'mapWithState', { operator: node.uid, place: node.place })
    if (emitsAlways || (result !== undefined && result !== null)) mapped.push(result)
  }
  const each = (key: unknown, value: unknown, hash: number): void => {
    const id = state.table.upsertHashed(key, hash)
    const had = state.get(id)
    handle.wrap(had)
    out(f(time, ownCopy(key), value, handle))
    // A copy: what the function returned may be the same object.
    if (handle.isUpdated()) state.put(id, ownCopy(handle.get()), stamp)
    else if (handle.isRemoved() || had === undefined) state.remove(id)
    // A key that merely received a record is not idle (parity A5.11).
    else if (timeoutMs !== null) state.put(id, had, timeMs)
  }
  return chain(values ? readSide(values, split, task, each, state) : undefined, () => {
    if (expires !== null)
      expire(state, { before: expires, now: timeMs }, (key, value) => {
        handle.wrapTimingOut(value)
        out(f(time, key, undefined, handle))
      })
    return mapped
  })
}

function expire(
  state: KeyedState,
  { before, now }: { readonly before: number; readonly now: number },
  timedOut: (key: unknown, value: unknown) => void,
): void {
  const due: number[] = []
  for (const id of state.table.ids()) {
    // Kept by a version of the program without a timeout: the key is idle from now on.
    if (!state.timeOf(id)) state.put(id, state.get(id), now)
    else if (state.timeOf(id) < before) due.push(id)
  }
  for (const id of due) {
    timedOut(ownCopy(state.table.keyAt(id)), state.get(id))
    state.remove(id)
  }
}
