import { RangePartitioner } from '../shuffle/partitioner.ts'
import type { Runnable } from './jobs.ts'
import { chain, collectSplit, narrow, type RddNode, sinkOf } from './node.ts'
import type { Compare } from './ordering.ts'
import { Draws, Reservoir } from './sampling.ts'

const SAMPLES_PER_PARTITION = 20
const SAMPLES_MAX = 1e6
/** Each upstream partition is asked for more than its share, since some hold more records than others. */
const OVERSAMPLING = 3

/** Key ranges of about equal numbers of records. Samples the keys with one job, unless there is only one range. */
export function rangePartitioner<K>(keys: Runnable<K>, partitions: number, compare: Compare<K>): RangePartitioner {
  const bounds = partitions <= 1 ? [] : boundsOf(weighedSample(keys, partitions), partitions, compare)
  return new RangePartitioner(bounds, compare as Compare<unknown>)
}

type Weighed<K> = { readonly key: K; readonly weight: number }

/** Each key stands for as many records as its partition has per sampled key. */
function weighedSample<K>({ node, runner }: Runnable<K>, partitions: number): Weighed<K>[] {
  const wanted = Math.min(SAMPLES_PER_PARTITION * partitions, SAMPLES_MAX)
  const perSplit = Math.ceil((OVERSAMPLING * wanted) / Math.max(1, node.partitions))
  const sketches = runner.runJob(
    node,
    Array.from({ length: node.partitions }, (_, split) => split),
    (split) => {
      const reservoir = new Reservoir<K>(perSplit, new Draws(0, split))
      return {
        sink: sinkOf<K>((key) => reservoir.add(key)),
        finish: () => ({ seen: reservoir.seen, keys: reservoir.kept }),
      }
    },
  )
  return sketches.flatMap(({ seen, keys: sample }) => sample.map((key) => ({ key, weight: seen / sample.length })))
}

function boundsOf<K>(sample: Weighed<K>[], partitions: number, compare: Compare<K>): K[] {
  const step = sample.reduce((sum, { weight }) => sum + weight, 0) / partitions
  const bounds: K[] = []
  let passed = 0
  for (const { key, weight } of sample.sort((a, b) => compare(a.key, b.key))) {
    passed += weight
    const isFull = bounds.length < partitions - 1 && passed >= step * (bounds.length + 1)
    if (isFull && (bounds.length === 0 || compare(key, bounds.at(-1)!) > 0)) bounds.push(key)
  }
  return bounds
}

/** Each partition in order; records that compare equal stay in the order they came. */
export function sortedNode<T>(parent: RddNode<T>, compare: Compare<T>): RddNode<T> {
  return {
    kind: 'sorted',
    partitions: parent.partitions,
    partitioner: parent.partitioner,
    dependencies: [narrow(parent)],
    compute: (split, task, sink) =>
      chain(collectSplit(parent, split, task), (records) => sink.chunk(records.toSorted(compare))),
  }
}
