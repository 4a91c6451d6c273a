import { type DStream, HashPartitioner, StreamingContext } from '../../../lib/index.ts'
import { KeyedState } from '../../../lib/state/keyed-state.ts'
import type { BatchView, StreamNode } from '../../../lib/graph/stream-node.ts'
import { collectionNode } from '../../../lib/lineage/leaves.ts'
import { collectSplit, type TaskScope } from '../../../lib/lineage/node.ts'
import { BatchesSource } from '../batches-source.ts'
import type { Fn } from '../cases.ts'
import { advancedSpec } from '../ops.ts'
import { confOf } from '../test-bed.ts'
import { entriesOf } from './state-map.ts'
import type { World } from './world.ts'

type StateEntry = readonly [key: unknown, value: unknown, time: number]

interface Update {
  readonly data: readonly (readonly [unknown, unknown])[]
  readonly batchTimeMs: number
  readonly timeoutThresholdMs?: number | null
  readonly removeTimedOut?: boolean
  readonly fn: Fn
}

/** One partition of a `mapWithState` stream in one batch, with a given state before it. */
export class StateRecordObject {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  async update({
    initialStates,
    ...update
  }: Update & { readonly initialStates: readonly StateEntry[] }): Promise<object> {
    const { log } = this.#world.bed.scope
    const { states, mapped, touched } = await runPartition(update, initialStates, this.#world)
    return {
      states,
      output: mapped,
      timingOut: log.timingOut,
      removed: log.removed,
      functionCalled: touched.length > 0,
    }
  }
}

interface StateSet {
  readonly states: readonly StateEntry[]
  readonly touchedKeys: readonly unknown[]
}

/** States that batches make of each other; none of them ever changes. */
export class StateSetObject {
  readonly #world: World

  constructor(world: World) {
    this.#world = world
  }

  create(entries: readonly StateEntry[]): StateSet {
    return { states: entries, touchedKeys: [] }
  }

  async apply({ base, ...update }: Update & { readonly base: string }): Promise<StateSet> {
    const { states, touched } = await runPartition(update, this.read(base), this.#world)
    return { states, touchedKeys: [...new Set(touched)] }
  }

  read(name: string): readonly StateEntry[] {
    return (this.#world.objects.get(name) as StateSet).states
  }
}

function stateOf(entries: readonly StateEntry[]): KeyedState {
  const state = new KeyedState()
  for (const [key, value, time] of entries) state.put(state.table.upsert(key), value, time)
  state.saved()
  return state
}

/**
 * An operator without timeouts keeps no times, so they are read from what the batch wrote: a key in its delta has the
 * time of the batch.
 */
function statesAfter(state: KeyedState, before: readonly StateEntry[], timeMs: number): StateEntry[] {
  const written = new KeyedState()
  written.apply(state.encodeDelta(), 'delta', () => true)
  const times = new Map(before.map(([key, , time]) => [key, time]))
  return entriesOf(state).map(([key, value]) => [key, value, written.table.find(key) >= 0 ? timeMs : times.get(key)!])
}

/** Runs the real operator over one partition. */
async function runPartition(
  { data, batchTimeMs, timeoutThresholdMs, removeTimedOut, fn }: Update,
  before: readonly StateEntry[],
  world: World,
) {
  const state = stateOf(before)
  const touched: unknown[] = []
  const spec = advancedSpec(fn, world.bed.scope).numPartitions(1)
  const { f } = spec
  const watched = Object.assign(Object.create(Object.getPrototypeOf(spec) as object) as typeof spec, spec, {
    f: (...args: Parameters<typeof f>) => (touched.push(args[1]), f(...args)),
  })
  if (timeoutThresholdMs) watched.timeout(batchTimeMs - timeoutThresholdMs)
  const context = new StreamingContext(confOf(), batchTimeMs)
  const pairs = context.source(new BatchesSource([], 1)) as DStream<any>
  const { stateNode } = pairs.mapWithState(watched)
  // Timeouts are looked at where the stream is checkpointed.
  stateNode.checkpointMs = removeTimedOut ? batchTimeMs : batchTimeMs + 1
  const node = stateNode.compute(batchTimeMs, viewOf(pairs.node, data, batchTimeMs, context))!
  const [{ mapped }] = (await collectSplit(node, 0, scopeOf(state))) as [{ readonly mapped: unknown[] }]
  context.sparkContext.stop()
  return { states: statesAfter(state, before, batchTimeMs), mapped, touched }
}

function viewOf(
  parent: StreamNode<any>,
  data: Update['data'],
  time: number,
  { sparkContext }: StreamingContext,
): BatchView {
  const rdd = { ...collectionNode([...data], 1), partitioner: new HashPartitioner(1) }
  const view: Pick<BatchView, 'time' | 'zeroTime' | 'driver' | 'committed'> & { rdd(node: StreamNode): unknown } = {
    time,
    zeroTime: 0,
    driver: sparkContext,
    rdd: (node) => (node === parent ? rdd : null),
    committed: () => ({ chains: [] }),
  }
  return view as unknown as BatchView
}

function scopeOf(state: KeyedState): TaskScope {
  const scope: Pick<TaskScope, 'memo' | 'partition' | 'keyedState' | 'stateChanged'> = {
    memo: new Map(),
    partition: { stageId: 0, partitionId: 0, attemptNumber: 0 },
    keyedState: () => state,
    stateChanged: () => {},
  }
  return scope as TaskScope
}
