import { SluiceError } from '../../model/errors.ts'
import { checkSettled } from '../../model/settled.ts'
import type { Delivery } from '../../output/sink.ts'

/** A record for a topic. Text is sent as UTF-8. */
export interface KafkaMessage {
  /** Records with the same key go to the same partition; without one they are spread. */
  readonly key?: string | Uint8Array | null
  /** `null`: a tombstone, which removes the key from a compacted topic. */
  readonly value: string | Uint8Array | null
  /** By name, text or bytes. */
  readonly headers?: Readonly<Record<string, string | Uint8Array>>
  /** Another topic than the sink's. */
  readonly topic?: string
  /** A partition of the topic, instead of the one that the key says. */
  readonly partition?: number
  /** In ms since the epoch (default: the time of the batch). */
  readonly timestamp?: number
}

/** As the client takes it. */
export interface BoundMessage {
  readonly topic: string
  readonly key?: Buffer
  readonly value: Buffer | null
  readonly headers?: Map<string, Buffer>
  readonly partition?: number
  readonly timestamp: bigint
  readonly bytes: number
}

/** Throws `E_SINK_VALUE` for what no topic can hold. */
export function boundMessage(message: KafkaMessage, topic: string, delivery: Delivery): BoundMessage {
  checkSettled(message, 'message', { operator: delivery.sink, partition: delivery.partition, batch: delivery.batch })
  const { key, value, headers, partition, timestamp = delivery.timeMs } = message
  const refuse = (why: string): never => {
    throw badMessage(why, delivery)
  }
  const bytes = (what: string, given: unknown): Buffer => {
    if (given instanceof Uint8Array) return Buffer.from(given.buffer, given.byteOffset, given.byteLength)
    if (typeof given !== 'string') return refuse(`${what} is ${given === null ? 'null' : `of type ${typeof given}`}`)
    return given.isWellFormed() ? Buffer.from(given) : refuse(`${what} holds half a surrogate pair`)
  }
  if (!Number.isSafeInteger(timestamp)) refuse('a timestamp is no whole number of milliseconds')
  if (partition !== undefined && !(Number.isInteger(partition) && partition >= 0)) refuse('a partition is no number')
  const named = Object.entries(headers ?? {}).map(([name, data]) => [name, bytes('a header', data)] as const)
  const boundKey = key === undefined || key === null ? null : bytes('a key', key)
  const boundValue = value === null ? null : bytes('a value', value)
  return {
    topic: message.topic ?? topic,
    ...(boundKey ? { key: boundKey } : {}),
    value: boundValue,
    ...(named.length > 0 ? { headers: new Map(named) } : {}),
    ...(partition === undefined ? {} : { partition }),
    timestamp: BigInt(timestamp),
    bytes: (boundKey?.length ?? 0) + (boundValue?.length ?? 0) + named.reduce((sum, [, data]) => sum + data.length, 64),
  }
}

const badMessage = (why: string, { sink, partition, batch }: Delivery): SluiceError =>
  new SluiceError('E_SINK_VALUE', `A message cannot be sent: ${why}.`, {
    where: { operator: sink, partition, batch },
    did: 'nothing of its partition was sent',
    next: ['use text or bytes, and null for a value that says its key is gone'],
  })

/** Brokers take a megabyte at once, headers included. */
const BYTES_MAX = 900_000
const MESSAGES_MAX = 10_000
/** The client writes differences of times in 31 bits, and those of a month would come out wrong. */
const SPAN_MS_MAX = 2 ** 29

/** Messages in order, in pieces that one request may hold. */
export function* pieces(messages: readonly BoundMessage[]): Generator<readonly BoundMessage[]> {
  let piece: BoundMessage[] = []
  let bytes = 0
  for (const message of messages) {
    const first = piece[0] ?? message
    const span = Math.abs(Number(message.timestamp - first.timestamp))
    if (piece.length > 0 && (bytes + message.bytes > BYTES_MAX || piece.length >= MESSAGES_MAX || span > SPAN_MS_MAX)) {
      yield piece
      piece = []
      bytes = 0
    }
    piece.push(message)
    bytes += message.bytes
  }
  if (piece.length > 0) yield piece
}
