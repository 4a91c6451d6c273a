import type { Loss } from './single-records.ts'

/** So many losses of a batch are told one by one. */
const FEW = 3

/** What is told of losses: of each batch the first few, and of the others how many there are. */
export class LossReports {
  readonly #tell: (loss: Loss, total: number) => void
  #total = 0
  #told = 0
  /** Losses that were not told, with the newest as an example. */
  #others: Loss | null = null

  constructor(tell: (loss: Loss, total: number) => void) {
    this.#tell = tell
  }

  add(loss: Loss): void {
    this.#total += loss.records
    if (this.#told++ < FEW) return this.#tell(loss, this.#total)
    this.#others = { ...loss, records: loss.records + (this.#others?.records ?? 0) }
  }

  /** A batch ends, or everything does. */
  endBatch(): void {
    const others = this.#others
    this.#told = 0
    this.#others = null
    if (others === null) return
    const records = others.records === 1 ? '1 more record' : `${others.records} more records`
    this.#tell({ ...others, what: `${records} of this batch; at last, ${others.what}` }, this.#total)
  }
}
