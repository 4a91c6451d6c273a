import { type FetchedPartition, lastOffset } from './committed-records.ts'
import type { KafkaRange } from './record.ts'

/**
 * How large the records of topics are, as this process read them last. Brokers do not say how many bytes a range has,
 * so a process that has read nothing of a topic knows nothing.
 */
export class RecordSizes {
  readonly #bytesPerOffset = new Map<string, number>()

  /** Learns from an answer. Batches are counted as they are sent, which may be compressed. */
  saw(topic: string, { records: batches }: FetchedPartition): void {
    const first = batches?.[0]
    if (!first) return
    const offsets = Number(lastOffset(batches.at(-1)!) - first.firstOffset) + 1
    const bytes = batches.reduce((sum, batch) => sum + batch.length, 0)
    this.#bytesPerOffset.set(topic, bytes / offsets)
  }

  /** About how many bytes a range has; `undefined` where nothing was read of its topic. */
  bytesOf({ topic, from, until }: KafkaRange): number | undefined {
    const each = this.#bytesPerOffset.get(topic)
    return each === undefined ? undefined : Math.ceil((until - from) * each)
  }
}
