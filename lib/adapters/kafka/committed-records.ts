/** One partition of an answer to a fetch, as far as records go. */
export interface FetchedPartition {
  readonly abortedTransactions?:
    | readonly { readonly producerId: bigint; readonly firstOffset: bigint }[]
    | null
    | undefined
  readonly records?: readonly FetchedBatch[] | null
}

interface FetchedBatch {
  readonly firstOffset: bigint
  /** In bytes, as it was sent. */
  readonly length: number
  readonly lastOffsetDelta: number
  readonly attributes: number
  readonly producerId: bigint
  readonly firstTimestamp: bigint
  readonly maxTimestamp: bigint
  readonly records: readonly FetchedRecord[]
}

interface FetchedRecord {
  readonly offsetDelta: number
  readonly timestampDelta: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [Buffer | null, Buffer | null])[]
}

const LOG_APPEND_TIME = 8
const TRANSACTIONAL = 16
const CONTROL = 32
const ABORT = 0

/**
 * The batches of an answer that hold data: without the markers of transactions and, where only committed data counts,
 * without aborted transactions. A producer may abort, commit and abort again within one answer: a list entry bars it
 * from its first offset to the next abort marker, which may also lie beyond the answer.
 */
export function* dataBatches(partition: FetchedPartition, committedOnly: boolean): Generator<FetchedBatch> {
  const aborted = [...(partition.abortedTransactions ?? [])].sort((a, b) => Number(a.firstOffset - b.firstOffset))
  const barred = new Set<bigint>()
  for (const batch of partition.records ?? []) {
    while (aborted[0] && aborted[0].firstOffset <= lastOffset(batch)) barred.add(aborted.shift()!.producerId)
    if (batch.attributes & CONTROL) {
      if (markerType(batch) === ABORT) barred.delete(batch.producerId)
      continue
    }
    if (committedOnly && batch.attributes & TRANSACTIONAL && barred.has(batch.producerId)) continue
    yield batch
  }
}

export const lastOffset = ({ firstOffset, lastOffsetDelta }: FetchedBatch): bigint =>
  firstOffset + BigInt(lastOffsetDelta)

/** The key of a marker is its version and its type, two bytes each. Compaction may have left the batch empty. */
const markerType = (batch: FetchedBatch): number | null => batch.records[0]?.key?.readInt16BE(2) ?? null

/** When a record was made, or stored where the topic says so, in ms; -1 for records of old producers. */
export const timestampOf = (batch: FetchedBatch, record: FetchedRecord): number =>
  Number(batch.attributes & LOG_APPEND_TIME ? batch.maxTimestamp : batch.firstTimestamp + record.timestampDelta)
