import type { Bucket, Buckets } from '../shuffle/buckets.ts'
import type { RddNode, ShuffleDependency, Sink } from '../stream/rdd/node.ts'
import { run } from '../stream/rdd/node.ts'
import type { RunningTask } from './task-scope.ts'

/** Runs the map side of every shuffle below `node` within this task, deepest first. */
export async function exchangeBelow(node: RddNode<any>, task: RunningTask, seen = new Set<RddNode<any>>()): Promise<void> {
  if (seen.has(node)) return
  seen.add(node)
  for (const dependency of node.dependencies) {
    await exchangeBelow(dependency.parent, task, seen)
    if (dependency.kind === 'shuffle' && !task.local.has(dependency)) task.local.set(dependency, await mapSide(dependency, task))
  }
}

async function mapSide(dependency: ShuffleDependency, task: RunningTask): Promise<Bucket[][]> {
  const parts: Buckets[] = []
  for (let split = 0; split < dependency.parent.partitions; split++) {
    const writer = dependency.newWriter(split)
    const emit = writer.emit as (record: unknown) => void
    const sink: Sink<any> = { emit, chunk: (records) => records.forEach(emit) }
    await run(dependency.parent, split, task, sink)
    parts.push(writer.finish())
  }
  return perReducer(parts, dependency.partitioner.numPartitions)
}

/** For each reducer, its buckets in map order; those without records are left out. */
export const perReducer = (parts: readonly Buckets[], reducers: number): Bucket[][] =>
  Array.from({ length: reducers }, (_, reducer) => parts.map((part) => part[reducer]!).filter((bucket) => bucket.values.length > 0))
