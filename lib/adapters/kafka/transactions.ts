import type { Producer } from '@platformatic/kafka'
import { KafkaCluster, onCluster } from './cluster.ts'
import { bootstrapAddresses, clientOptions, type KafkaConnection, RETRY_MS } from './connection-options.ts'
import type { BoundMessage } from './kafka-message.ts'
import { inTime } from '../../output/in-time.ts'
import { loadKafka } from './load-package.ts'
import { groupOffsets } from './offsets.ts'

/** One transactional id: what it has marked last, and transactions under it, one after the other. */
export interface TransactionalWriter {
  /** Ends what another process has open under the same id, and bars that process. */
  begin(): Promise<void>
  /** What the last transaction that was committed has marked; `null` before the first. Only after `begin`. */
  marked(): Promise<number | null>
  send(messages: readonly BoundMessage[]): Promise<void>
  /** Part of the transaction: it is marked if and only if the messages are there. */
  mark(n: number): Promise<void>
  commit(): Promise<void>
  /** Ends a transaction in which nothing was sent or marked. */
  leave(): Promise<void>
  close(): Promise<void>
}

export interface WriterOptions extends KafkaConnection {
  /** Topic that the mark is kept for, as an offset of its partition 0 that no consumer reads. */
  readonly topic: string
  readonly compression?: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  /** How long a transaction may be open before the brokers abort it, in ms. */
  readonly transactionMs?: number
}

export type OpenWriter = (id: string, options: WriterOptions) => Promise<TransactionalWriter>

/** A writer over the client's producer, which finds leaders and coordinators again while a broker is away. */
export const openWriter: OpenWriter = async (id, options) => {
  const kafka = await loadKafka()
  const bootstrap = bootstrapAddresses(options)
  const client = {
    clientId: options.clientId ?? 'sluice',
    bootstrapBrokers: bootstrap.map(({ host, port }) => ({ host, port })),
    retries: Math.ceil((options.retryMs ?? RETRY_MS) / RETRY_EVERY_MS),
    retryDelay: RETRY_EVERY_MS,
    connectTimeout: 5_000,
    requestTimeout: REQUEST_MS,
    // Of transactions, and of replicas: a request is given up long before.
    timeout: options.transactionMs ?? TRANSACTION_MS,
    ...clientOptions(options, bootstrap),
  }
  const producer = new kafka.Producer<Buffer, Buffer, string, Buffer>({
    ...client,
    idempotent: true,
    transactionalId: id,
    // Without these the client asks to go on as producer 0, and no id could ever be taken over.
    producerId: -1n,
    producerEpoch: -1,
    autocreateTopics: false,
    serializers: { headerKey: (name) => Buffer.from(name ?? '') },
  })
  return new Writer(id, options, producer)
}

/** Coordinators load and markers are written within milliseconds; the client waits a second by itself. */
const RETRY_EVERY_MS = 50
/** A connection on which nothing has come for so long is dead. */
const REQUEST_MS = 10_000
/** Several requests may get lost before a transaction is aborted. */
const TRANSACTION_MS = 60_000

type Sending = Awaited<ReturnType<Producer<Buffer, Buffer, string, Buffer>['beginTransaction']>>

class Writer implements TransactionalWriter {
  readonly #id: string
  readonly #options: WriterOptions
  readonly #producer: Producer<Buffer, Buffer, string, Buffer>
  readonly #cluster: KafkaCluster
  #open: Sending | null = null

  constructor(id: string, options: WriterOptions, producer: Producer<Buffer, Buffer, string, Buffer>) {
    this.#id = id
    this.#options = options
    this.#producer = producer
    this.#cluster = new KafkaCluster(options)
  }

  async begin(): Promise<void> {
    this.#open = await this.#alive(() => this.#producer.beginTransaction())
  }

  async marked(): Promise<number | null> {
    const asked = [{ topic: this.#options.topic, partition: 0 }]
    const [found] = await groupOffsets(this.#cluster, this.#id, asked)
    return found ? found.offset : null
  }

  async send(messages: readonly BoundMessage[]): Promise<void> {
    const compression = this.#options.compression ?? 'none'
    const given = messages.map(({ bytes: _, ...message }) => message)
    // The client's types know of no tombstones; its code does.
    await this.#alive(() => this.#open!.send({ messages: given as never, acks: -1, compression }))
  }

  async mark(n: number): Promise<void> {
    const { id } = await onCluster(this.#cluster, 'no coordinator', () => this.#cluster.coordinator(this.#id))
    const group = { groupId: this.#id, generationId: -1, memberId: '', coordinatorId: id }
    await this.#alive(async () => {
      await this.#open!.addConsumer({ groupId: this.#id } as never)
      // It commits the offset behind the one it is given.
      const message = {
        topic: this.#options.topic,
        partition: 0,
        offset: BigInt(n) - 1n,
        metadata: { consumer: group },
      }
      await this.#open!.addOffset(message as never)
    })
  }

  commit(): Promise<void> {
    return this.#alive(() => this.#open!.commit())
  }

  leave(): Promise<void> {
    return this.#alive(() => this.#open!.cancel())
  }

  async close(): Promise<void> {
    await this.#cluster.close()
    await this.#producer.close()
  }

  /**
   * Connections keep the process alive during a call, and only then. The client counts its tries, and each of them may
   * wait for an answer: without a bound it would go on for hours where brokers take connections and say nothing.
   */
  async #alive<R>(call: () => Promise<R>): Promise<R> {
    for (const [, connection] of this.#producer.connections) connection.socket?.ref()
    const ms = (this.#options.retryMs ?? RETRY_MS) + REQUEST_MS
    const late = (): Error => new Error(`the brokers did not take it within ${ms} ms`)
    try {
      return await inTime(call(), { ms, late })
    } finally {
      for (const [, connection] of this.#producer.connections) connection.socket?.unref()
    }
  }
}
