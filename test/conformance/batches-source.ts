import type { Cut } from '../../lib/model/manifest.ts'
import type { Json } from '../../lib/model/json.ts'
import type { CutRequest, Source } from '../../lib/source/source.ts'
import type { Batches } from './cases.ts'

/**
 * Batch i belongs to the batch time (i + 1) * interval; it can be read again at any time, and it is empty when the
 * input has run out.
 */
export class BatchesSource implements Source<unknown> {
  readonly name = 'Batches of a case'
  readonly #batchAt: (index: number) => readonly unknown[] | null
  readonly #partitions: number

  constructor(batches: Batches | ((index: number) => readonly unknown[]), partitions: number) {
    this.#batchAt = typeof batches === 'function' ? batches : (index) => (index < batches.length ? batches[index]! : [])
    this.#partitions = partitions
  }

  async cut({ time, zeroTime, intervalMs }: CutRequest): Promise<Cut | null> {
    const index = (time - zeroTime) / intervalMs - 1
    const records = this.#batchAt(index)
    if (records === null) return null
    return {
      position: index,
      splits: Array.from({ length: this.#partitions }, (_, part) => [index, part]),
      records: records.length,
    }
  }

  read(split: Json): Iterable<readonly unknown[]> {
    const [index, part] = split as [number, number]
    const records = this.#batchAt(index)!
    const bound = (n: number): number => Math.floor((n * records.length) / this.#partitions)
    return [records.slice(bound(part), bound(part + 1))]
  }
}
