/**
 * A record of a stream. One that a producer library (KPL) has packed with others into one is a record of its own here.
 */
export interface KinesisRecord {
  /** The bytes that the producer sent. */
  readonly data: Uint8Array
  /** By what the producer chose the shard: records of one key stay in order. */
  readonly partitionKey: string
  /** Rises within a shard. Records that were packed together share it. */
  readonly sequenceNumber: string
  /** The place among the records that were packed together; 0 for one that was not. */
  readonly subSequenceNumber: number
  /** When Kinesis took it, in ms since the epoch. It may go back from one record to the next. */
  readonly approximateArrivalTimestamp: number
  /** The id of the shard that it was read from. */
  readonly shard: string
}

/** As Kinesis gives it. */
export type StoredRecord = Omit<KinesisRecord, 'subSequenceNumber'>
