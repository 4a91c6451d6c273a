import type { Delivery, OutputSink } from '../lib/output/sink.ts'

/** Counts and adds up values, which is all that is asked of a sink inside the time; keeps the last batch, so that a checksum can be made afterwards. */
export class CountAndSum implements OutputSink<readonly [string, number]> {
  readonly name = 'count and sum'
  readonly guarantee = 'at-least-once'
  count = 0
  sum = 0
  last: (readonly [string, number])[][] = []
  #batch = 0

  async write(records: readonly (readonly [string, number])[], delivery: Delivery): Promise<void> {
    if (delivery.batch !== this.#batch) this.last = []
    this.#batch = delivery.batch
    this.last.push(records as (readonly [string, number])[])
    this.count += records.length
    for (let i = 0; i < records.length; i++) this.sum += records[i]![1]
  }
}
