import { isLetterSplit } from '../checkpoint/dead-letters.ts'
import { openBlock } from '../codec/block.ts'
import { recordName } from '../model/dead-letter.ts'
import type { Json } from '../model/json.ts'
import type { BlobRef } from '../model/refs.ts'
import type { Partitioner } from '../shuffle/partitioner.ts'
import type { Source } from '../source/source.ts'
import { SourcePort } from '../source/source-port.ts'
import { copyIfStorable } from '../state/own-copy.ts'
import { chain, drain, type RddNode } from './node.ts'

/**
 * Data that the program holds itself, in contiguous even slices (Spark's `ParallelCollectionRDD`). Each reader gets
 * copies, as Spark sends them: what a function does to a record must not meet the next batch.
 */
export function collectionNode<T>(records: readonly T[], slices: number): RddNode<T> {
  const bound = (i: number): number => Math.floor((i * records.length) / slices)
  return {
    kind: 'parallelize',
    partitions: slices,
    partitioner: null,
    dependencies: [],
    compute: (split, _task, sink) => sink.chunk(records.slice(bound(split), bound(split + 1)).map(copyIfStorable)),
  }
}

export const emptyNode = (): RddNode<never> => ({
  kind: 'empty',
  partitions: 0,
  partitioner: null,
  dependencies: [],
  compute: () => {},
})

/** What the plan fixed for one source and one batch. */
export function sourceNode<T>(source: Source<T>, uid: string, splits: readonly Json[]): RddNode<T> {
  return {
    kind: 'source',
    partitions: splits.length,
    splits,
    partitioner: null,
    dependencies: [],
    ...(source.discovers ? { once: true } : {}),
    weight: (split) => splitWeight(source, uid, splits[split]),
    recordName: (split, index) => recordName(uid, JSON.stringify(splits[split]), index, source.lines),
    compute: (split, task, sink) =>
      drain(
        task.readSource(source, uid, splits[split]),
        task.blame ? task.blame.ofSource(uid, JSON.stringify(splits[split]), sink) : sink,
      ),
  }
}

/** What a letter counts as, in bytes. */
const LETTER_BYTES = 1024

/** About how many bytes it is to read a split, of letters too; `null` where the source does not say. */
export const splitWeight = (source: Source<unknown>, uid: string, split: Json): number | null =>
  isLetterSplit(split) ? LETTER_BYTES : new SourcePort(uid, source).weight(split)

/**
 * Records written to the blob store earlier: retained batches, staged outputs. Each part is a block with the records in
 * section 0. What `atHand` gives need not be read.
 */
export function storedNode<T>(
  parts: readonly BlobRef[],
  partitioner: Partitioner | null = null,
  atHand: (ref: BlobRef) => unknown[] | null = () => null,
): RddNode<T> {
  return {
    kind: 'stored',
    partitions: parts.length,
    partitioner,
    dependencies: [],
    compute: (split, task, sink) => {
      const records = atHand(parts[split])
      if (records) return sink.chunk(records as T[])
      return chain(task.blob(parts[split]), (bytes) => {
        const block = openBlock(bytes, parts[split].key)
        if (block.has(0)) sink.chunk(block.read(0, 1)[0] as T[])
      })
    },
  }
}
