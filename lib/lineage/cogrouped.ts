import type { Where } from '../model/errors.ts'
import type { Alone } from './blame.ts'
import { hashBits } from '../keys/hash.ts'
import { AHEAD, KeyTable } from '../keys/key-table.ts'
import type { Partitioner } from '../shuffle/partitioner.ts'
import { pairWriter } from '../shuffle/writer.ts'
import {
  chain,
  type Dependency,
  type MaybePromise,
  narrow,
  type NarrowDependency,
  type RddNode,
  runPartition,
  type ShuffleDependency,
  sinkOf,
  type TaskScope,
  whereOf,
} from './node.ts'

/**
 * For each key of any side, the values of every side (Spark's `CoGroupedRDD`). A side that is partitioned alike is read
 * in place.
 */
export function cogroupedNode(
  parents: readonly RddNode<any>[],
  partitioner: Partitioner,
): RddNode<[unknown, unknown[][]]> {
  const dependencies = parents.map((parent): Dependency =>
    parent.partitioner?.equals(partitioner) ? narrow(parent) : pairShuffle(parent, partitioner, () => whereOf(node)),
  )
  const node: RddNode<[unknown, unknown[][]]> = {
    kind: 'cogrouped',
    partitions: partitioner.numPartitions,
    partitioner,
    dependencies,
    compute(split, task, sink) {
      const table = new KeyTable()
      const groups: [unknown, unknown[][]][] = []
      const add = (side: number, key: unknown, value: unknown, hash: number): void => {
        const known = table.size
        const id = table.upsertHashed(key, hash)
        if (id === known) groups.push([table.keyAt(id), parents.map(() => [])])
        groups[id][1][side].push(value)
      }
      return chain(readSides(dependencies, split, task, add), () => {
        if (task.blame) task.blame.byKey(dependencies, groups, sink, oneOfItsSide)
        else sink.chunk(groups)
      })
    },
  }
  return node
}

/** The group with only the i-th of all its values on the side that this is of, and all those of the others. */
const oneOfItsSide: Alone<unknown[][]> = {
  sizes: ([, sides]) => sides.map((values) => values.length),
  pair: ([key, sides], i) => {
    let before = 0
    const some = sides.map((values) => {
      const own = i - before
      before += values.length
      return own >= 0 && own < values.length ? [values[own]] : values
    })
    return [key, some]
  },
}

/** `reader` says for whom, when a record is no pair. */
export const pairShuffle = (
  parent: RddNode<any>,
  partitioner: Partitioner,
  reader: () => Where,
): ShuffleDependency => ({
  kind: 'shuffle',
  parent,
  partitioner,
  shared: true,
  newWriter: () => pairWriter(partitioner, reader),
})

/** Feeds the pairs of every side to `add`, side by side in order. */
function readSides(
  dependencies: readonly Dependency[],
  split: number,
  task: TaskScope,
  add: (side: number, key: unknown, value: unknown, hash: number) => void,
  side = 0,
): MaybePromise<void> {
  const dependency = dependencies[side]
  if (!dependency) return
  return chain(
    readSide(dependency, split, task, (key, value, hash) => add(side, key, value, hash)),
    () => readSides(dependencies, split, task, add, side + 1),
  )
}

/** Takes one pair, and `hashBits` of its key. */
type PairReader = (key: unknown, value: unknown, hash: number) => void

/** What will be looked up for each pair, and can be brought near before. */
interface Touched {
  touch(hashes: readonly number[], from: number, to: number): unknown
}

/** The pairs of one dependency, through the shuffle or in place. */
export function readSide(
  dependency: Dependency,
  split: number,
  task: TaskScope,
  add: PairReader,
  looksUp: Touched | null = null,
): MaybePromise<void> {
  if (dependency.kind === 'narrow') return readInPlace(dependency, split, task, add, looksUp)
  return chain(task.shuffle(dependency, split), (input) => {
    const { blame } = task
    for (const { keys, values, hashes } of input)
      if (blame)
        for (let i = 0; i < values.length; i++)
          blame.eachValue(dependency, keys![i], () => add(keys![i], values[i], hashBits(keys![i])))
      else addColumns(keys!, values, hashes ?? null, add, looksUp)
  })
}

function readInPlace(
  dependency: NarrowDependency,
  split: number,
  task: TaskScope,
  add: PairReader,
  looksUp: Touched | null,
): MaybePromise<void> {
  const { parent } = dependency
  const { blame } = task
  const each = sinkOf<[unknown, unknown]>((pair) => {
    blame?.into(dependency, pair)
    add(pair[0], pair[1], hashBits(pair[0]))
  })
  if (blame) return runPartition(parent, split, task, each)
  return runPartition(parent, split, task, {
    ...each,
    columns: (keys, values, hashes) => addColumns(keys, values, hashes, add, looksUp),
  })
}

function addColumns(
  keys: readonly unknown[],
  values: readonly unknown[],
  hashes: readonly number[] | null,
  add: PairReader,
  looksUp: Touched | null,
): void {
  for (let from = 0; from < values.length; from += AHEAD) {
    const to = Math.min(from + AHEAD, values.length)
    if (hashes) looksUp?.touch(hashes, from, to)
    for (let i = from; i < to; i++) add(keys[i], values[i], hashes ? hashes[i] : hashBits(keys[i]))
  }
}
