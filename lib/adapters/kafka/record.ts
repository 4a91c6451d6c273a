import type { TopicPartition } from './cluster.ts'

/** A record as it stands in a topic (Spark: `ConsumerRecord`). */
export interface KafkaRecord<K = Uint8Array, V = Uint8Array> extends TopicPartition {
  /** Its place in the partition. */
  readonly offset: number
  /** In ms since the epoch, of the producer or of the broker as the topic says; -1 where the record has none. */
  readonly timestamp: number
  /** Its key; `null` where it has none. */
  readonly key: K | null
  /** `null`: a tombstone, which says that the key is gone. */
  readonly value: V | null
  /** In the order in which they stand. */
  readonly headers: readonly KafkaHeader[]
}

/** A header of a record; a name may come more than once. */
export interface KafkaHeader {
  /** Its name. */
  readonly key: string
  /** Its bytes. */
  readonly value: Uint8Array | null
}

/** Records `[from, until)` of a partition. */
export type KafkaRange = TopicPartition & {
  readonly from: number
  readonly until: number
}

/** Makes a value of the bytes in a record. */
export type Deserializer<T> = (bytes: Uint8Array, topic: string) => T

/** Text in UTF-8; what is not becomes U+FFFD, as in Kafka's own class of the name. */
export const StringDeserializer: Deserializer<string> = (bytes) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
/** The bytes as they are. */
export const ByteArrayDeserializer: Deserializer<Uint8Array> = (bytes) => bytes

/** Whether it keeps nothing of the bytes that it is given: they need not be its own then. */
export const keepsNoBytes = (deserializer: Deserializer<unknown>): boolean => deserializer === StringDeserializer
