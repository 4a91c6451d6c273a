import type { BatchNumber } from '../../model/ids.ts'
import type { BlobRef } from '../../model/refs.ts'

/**
 * What tasks of this process have staged for outputs, by the name of the object that holds it: an output that is shown
 * here need not decode what was encoded a moment ago. Holds one batch at the most; who finds nothing reads the object.
 */
export class StagedRecords {
  #batch = 0
  readonly #records = new Map<string, readonly unknown[]>()

  keep(batch: BatchNumber, { key }: BlobRef, records: readonly unknown[]): void {
    if (batch !== this.#batch) this.#records.clear()
    this.#batch = batch
    this.#records.set(key, records)
  }

  /**
   * Gives the records as decoding would, a copy at each call: nobody else has it. `null` where that takes decoding: for
   * records that hold more than text, numbers and the like, also in pairs, and for those that are not here.
   */
  of({ key }: BlobRef): (() => unknown[]) | null {
    const records = this.#records.get(key)
    if (!records?.every((record) => isPlain(record) || isFlat(record))) return null
    return () => records.map(copyOf)
  }
}

const copyOf = (record: unknown): unknown => (Array.isArray(record) ? record.slice() : record)

/** Neither an array of a class of its own, which comes back as a plain one, nor one with holes. */
function isFlat(record: unknown): boolean {
  if (!Array.isArray(record) || record.length > 8 || Object.getPrototypeOf(record) !== Array.prototype) return false
  for (let i = 0; i < record.length; i++) if (!isPlain(record[i]) || record[i] === undefined) return false
  return true
}

const isPlain = (value: unknown): boolean =>
  value === null || (typeof value !== 'object' && typeof value !== 'function')
