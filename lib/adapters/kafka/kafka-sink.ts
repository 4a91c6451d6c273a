import { SluiceError } from '../../model/errors.ts'
import { bound, callable, oneOf, type RulesOf, text, timeout } from '../../model/options.ts'
import { decideFence, sinkIsNewer } from '../../output/fence.ts'
import { inTime } from '../../output/in-time.ts'
import { type Attempt, tryRepeatedly } from '../../output/retry.ts'
import { driverError } from '../../output/secrets.ts'
import { BUNDLED, type Delivery, type OutputSink } from '../../output/sink.ts'
import { checkConnection, shownAddresses, type KafkaConnection } from './connection-options.ts'
import { boundMessage, type BoundMessage, type KafkaMessage, pieces } from './kafka-message.ts'
import { says, within } from './service-errors.ts'
import { type OpenWriter, openWriter, type TransactionalWriter, type WriterOptions } from './transactions.ts'

/** Where records go in Kafka, and as what. */
export interface KafkaSinkOptions<T> extends KafkaConnection {
  /** Name of the sink in errors (default `kafka`). */
  readonly name?: string
  /** The topic; it must exist. */
  readonly topic: string
  /** What is sent for a record. */
  readonly message: (record: T, delivery: Delivery) => KafkaMessage
  /** How messages are packed (default `none`). */
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  /**
   * How long the messages of a partition may take, in ms, before the brokers abort the transaction (default 60 000;
   * Kafka: `transaction.timeout.ms`, at most `transaction.max.timeout.ms` of the brokers).
   */
  readonly transactionMs?: number
  /** How often a partition is tried (default 5). */
  readonly attempts?: number
}

const OPTIONS: RulesOf<Omit<KafkaSinkOptions<any>, keyof KafkaConnection>> = {
  name: text,
  topic: text,
  message: callable,
  compression: oneOf('none', 'gzip', 'snappy', 'lz4', 'zstd'),
  transactionMs: timeout,
  attempts: bound,
}
const NEEDED = {
  must: ['brokers', 'topic', 'message'],
  example: "{ brokers: 'localhost:9092', topic: 'pages', message: (r) => ({ value: r.page }) }",
}

/**
 * Messages to a topic: exactly once for consumers with `isolation.level=read_committed`, each partition of a batch
 * whole. Its messages and the number of the batch are committed in one transaction; the number is an offset of a group
 * of its own, so whoever delivers next finds out what was delivered. The group expires as offsets do
 * (`offsets.retention.minutes`, 7 days): an app that stood still for longer may send its last batch again. Needs
 * brokers of Kafka 3.1 or newer and the package `@platformatic/kafka`. Writing throws `E_SINK_VALUE`, `E_SINK_AHEAD`,
 * `E_SINK_REJECTED`, `E_SINK_UNAVAILABLE` and `E_KAFKA_PACKAGE`. Not in Spark.
 */
export function kafkaSink<T>(options: KafkaSinkOptions<T>): OutputSink<T, 'exactly-once'> {
  return kafkaSinkOver(options, openWriter)
}

/** The sink over other transactions than Kafka's own: simulations bring theirs, tests some that fail. */
export function kafkaSinkOver<T>(options: KafkaSinkOptions<T>, open: OpenWriter): OutputSink<T, 'exactly-once'> {
  checkConnection('kafkaSink', options, OPTIONS, NEEDED)
  const writers = new Writers(options, open)
  return {
    name: options.name ?? 'kafka',
    guarantee: 'exactly-once',
    address: writers.place,
    [BUNDLED]: true,
    async write(records, delivery) {
      const messages = records.map((record) => boundMessage(options.message(record, delivery), options.topic, delivery))
      const { app, inc, sink, partition } = delivery
      const id = ['sluice', app, inc, sink, partition].map(encodeURIComponent).join('.')
      await tryRepeatedly(delivery, options.attempts ?? 5, () => attempt(writers, id, messages, delivery))
    },
    close: () => writers.close(),
  }
}

async function attempt(
  writers: Writers,
  id: string,
  messages: readonly BoundMessage[],
  delivery: Delivery,
): Promise<Attempt<void>> {
  try {
    const writer = await writers.of(id)
    await inTime(deliver(writer, messages, delivery, writers.place), { signal: delivery.signal })
    return { kind: 'done', result: undefined }
  } catch (error) {
    // Nobody knows what state it is in; the next one bars it and reads what became of its transaction.
    await writers.drop(id)
    if (delivery.signal?.aborted) throw delivery.signal.reason
    if (error instanceof SluiceError) {
      if (error.retry) return { kind: 'again', error }
      throw error
    }
    const isRefusal = refuses(error)
    const shown = driverError(
      isRefusal ? 'E_SINK_REJECTED' : 'E_SINK_UNAVAILABLE',
      writers.place,
      error,
      writers.secrets,
      {
        where: { operator: delivery.sink, partition: delivery.partition, batch: delivery.batch },
        did: 'the transaction counts whole or not at all; the next attempt finds out which',
        retry: !isRefusal,
        next: [reasons(error) || 'see whether the brokers are up and can be reached from here'],
      },
    )
    if (isRefusal) throw shown
    return { kind: 'again', error: shown }
  }
}

/** First the others are barred, then the mark is read: so nobody can still commit what is decided about here. */
async function deliver(
  writer: TransactionalWriter,
  messages: readonly BoundMessage[],
  delivery: Delivery,
  place: string,
): Promise<void> {
  await writer.begin()
  const last = await writer.marked()
  const decision = decideFence(last, delivery.batch)
  if (decision !== 'apply') {
    await writer.leave()
    if (decision === 'newer') throw sinkIsNewer(delivery, last!, place)
    return
  }
  for (const piece of pieces(messages)) {
    delivery.signal?.throwIfAborted()
    await writer.send(piece)
  }
  await writer.mark(delivery.batch)
  await writer.commit()
}

class Writers {
  readonly place: string
  readonly secrets: readonly string[]
  readonly #options: WriterOptions
  readonly #open: OpenWriter
  readonly #writers = new Map<string, Promise<TransactionalWriter>>()

  constructor(options: WriterOptions, open: OpenWriter) {
    this.#options = options
    this.#open = open
    this.place = `${options.topic} at ${shownAddresses(options)}`
    const { sasl } = options
    this.secrets = sasl && 'password' in sasl && typeof sasl.password === 'string' ? [sasl.password] : []
  }

  of(id: string): Promise<TransactionalWriter> {
    const known = this.#writers.get(id) ?? this.#open(id, this.#options)
    this.#writers.set(id, known)
    return known
  }

  async drop(id: string): Promise<void> {
    const known = this.#writers.get(id)
    this.#writers.delete(id)
    const writer = await known?.catch(() => null)
    await writer?.close().catch(() => {})
  }

  async close(): Promise<void> {
    for (const id of this.#writers.keys()) await this.drop(id)
  }
}

const refuses = (error: unknown): boolean =>
  says(error, 'MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD', 'INVALID_TIMESTAMP') ||
  within(error).some(
    ({ code, apiId }) => code === 'PLT_KFK_AUTHENTICATION' || (apiId ?? '').endsWith('_AUTHORIZATION_FAILED'),
  )

/** What the brokers said, which the client hides within. */
const reasons = (error: unknown): string =>
  [...new Set([...within(error)].flatMap(({ apiId, message }) => (apiId ? [`${apiId}: ${message}`] : [])))].join('; ')
