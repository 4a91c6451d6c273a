import { Time } from '../../../model/time.ts'
import type { DStream } from '../dstream.ts'
import { storedNode } from '../../../lineage/leaves.ts'
import { SparkContext } from '../../rdd/spark-context.ts'
import { RDD } from '../../rdd/rdd.ts'
import { ResidentRunner } from '../../../lineage/resident.ts'
import { stageAll } from '../../../graph/stagers.ts'

/**
 * `f` once per batch, after the batch is committed, on records that the commit has fixed (Spark: `DStream.foreachRDD`).
 * It runs again after a crash that hit it. Actions on the RDD return values; a promise that `f` returns is waited for.
 */
export function foreachRdd<T>(stream: DStream<T>, f: (rdd: RDD<T>, time: Time) => unknown, name?: string): void {
  stream.output({
    operator: 'foreachRDD',
    name,
    operation: {
      guarantee: 'at-least-once',
      stage: stageAll,
      publish: async (batch) => {
        const loaded = new Map<string, Uint8Array>()
        const refs = batch.parts.map((part) => part.ref!)
        const staged = new Map(refs.map((ref) => [ref.key, batch.staged?.(ref) ?? null]))
        const wanted = refs.filter((ref) => !staged.get(ref.key))
        await Promise.all(wanted.map(async (ref) => loaded.set(ref.key, await batch.read(ref))))
        const stored = storedNode<T>(refs, null, (ref) => staged.get(ref.key)?.() ?? null)
        // Straight from a source: a partition of the RDD is what one split of the batch held.
        const splits = stream.node.kind === 'source' && batch.cuts[stream.node.uid]?.splits
        const node = { ...stored, ...(splits ? { splits } : {}) }
        await f(
          new RDD<T>(SparkContext.of(batch.environment.driver), node, new ResidentRunner(loaded)),
          new Time(batch.timeMs),
        )
      },
    },
  })
}
