import { decodeBuckets, encodeBuckets } from '../../shuffle/blocks.ts'
import { type Bucket, type Buckets, holdsObjects, type ShuffleInput } from '../../shuffle/buckets.ts'
import { deepestFirst } from '../../model/walk.ts'
import { land } from '../../lineage/landings.ts'
import type { Dependency, MaybePromise, RddNode, ShuffleDependency, Sink } from '../../lineage/node.ts'
import { thawed } from '../../lineage/frozen.ts'
import type { ShuffleWriter } from '../../shuffle/writer.ts'
import { runPartition, sinkOf } from '../../lineage/node.ts'
import type { RunningTask } from './task-scope.ts'

/** Runs the map side of every shuffle below `node` within this task, deepest first. */
export async function exchangeBelow(node: RddNode<any>, task: RunningTask): Promise<void> {
  land([node])
  const below = (dependency: Dependency): readonly Dependency[] => {
    if (dependency.kind === 'shuffle' && task.local.has(dependency)) return []
    return dependency.parent.dependencies
  }
  for (const dependency of deepestFirst<Dependency>(node.dependencies, below))
    if (dependency.kind === 'shuffle' && !task.local.has(dependency))
      task.local.set(dependency, new LocalShuffle(await mapSide(dependency, task), dependency, 2, null))
}

async function mapSide(dependency: ShuffleDependency, task: RunningTask): Promise<Buckets[]> {
  const parts: Buckets[] = []
  for (let split = 0; split < dependency.parent.partitions; split++) {
    const writer = dependency.newWriter(split)
    await runPartition(dependency.parent, split, task, intoShuffle(writer, dependency, task))
    parts.push(writer.finish())
    await task.turns.next()
  }
  return parts
}

/**
 * What goes into a shuffle; of a trial, with where it comes from. A reduction may change its first argument, so what
 * was frozen on its way is let go of here.
 */
export function intoShuffle(
  writer: ShuffleWriter,
  dependency: ShuffleDependency,
  { blame, freezes }: Pick<RunningTask, 'blame' | 'freezes'>,
): Sink<any> {
  const write = writer.emit as (record: unknown) => void
  const put = freezes ? (record: unknown): void => write(thawed(record)) : write
  if (!blame) return sinkOf(put)
  return sinkOf((record: unknown) => {
    put(record)
    blame.into(dependency, record)
  })
}

/** What did not fit in memory. */
export interface SpilledShuffle {
  readonly blocks: readonly unknown[]
  read(reducer: number): Promise<ShuffleInput>
}

/**
 * A shuffle with both sides in one task. Nothing is copied, unless several readers get keys or values that they could
 * change: then each gets its own, as it would from another process.
 */
export class LocalShuffle {
  readonly #reducers: readonly ShuffleInput[]
  readonly #encoded: readonly Uint8Array[] | null
  readonly #spilled: SpilledShuffle | null

  constructor(
    parts: readonly Buckets[],
    dependency: ShuffleDependency,
    readers: number,
    spilled: SpilledShuffle | null,
  ) {
    this.#spilled = null
    if (spilled && spilled.blocks.length > 0) this.#spilled = spilled
    if (readers > 1 && parts.some((part) => part.some(holdsObjects))) {
      this.#encoded = parts.map(encodeBuckets)
      this.#reducers = []
    } else {
      this.#encoded = null
      this.#reducers = perReducer(parts, dependency.partitioner.numPartitions)
    }
  }

  read(reducer: number): MaybePromise<ShuffleInput> {
    const kept = this.#kept(reducer)
    if (!this.#spilled) return kept
    return this.#spilled.read(reducer).then((early) => [...early, ...kept])
  }

  #kept(reducer: number): ShuffleInput {
    if (this.#encoded) return decodeBuckets(this.#encoded, reducer)
    return this.#reducers[reducer]!
  }
}

/** For each reducer, its buckets in map order; those without records are left out. */
const perReducer = (parts: readonly Buckets[], reducers: number): Bucket[][] =>
  Array.from({ length: reducers }, (_, reducer) =>
    parts.map((part) => part[reducer]!).filter((bucket) => bucket.values.length > 0),
  )
