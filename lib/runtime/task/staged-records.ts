import type { PlainRows } from '../../codec/plain-rows.ts'
import type { BatchNumber } from '../../model/ids.ts'
import type { BlobRef } from '../../model/refs.ts'

/**
 * What tasks of this process have staged for outputs, by the name of the object that holds it: an output that is shown
 * here need not decode what was encoded a moment ago. Holds one batch at the most; who finds nothing reads the object.
 */
export class StagedRecords {
  #batch = 0
  readonly #records = new Map<string, PlainRows>()

  keep(batch: BatchNumber, { key }: BlobRef, records: PlainRows): void {
    if (batch !== this.#batch) this.#records.clear()
    this.#batch = batch
    this.#records.set(key, records)
  }

  /** Gives the records as decoding would, made anew at each call. `null` for those that are not here. */
  of({ key }: BlobRef): (() => unknown[]) | null {
    const records = this.#records.get(key)
    if (!records) return null
    return () => records.rows()
  }
}
