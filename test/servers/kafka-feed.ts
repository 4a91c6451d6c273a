import { Admin, Producer, type ProducerOptions } from '@platformatic/kafka'

/** Makes topics of a test and writes to them. */
export class KafkaFeed {
  readonly #options: { clientId: string; bootstrapBrokers: string[]; retries: number; retryDelay: number }
  readonly admin: Admin
  readonly #producer: Producer<Buffer, Buffer, string, string>
  #topics = 0

  constructor(brokers: readonly string[]) {
    this.#options = { clientId: 'test', bootstrapBrokers: [...brokers], retries: 200, retryDelay: 100 }
    this.admin = new Admin(this.#options)
    // A repeated request must not write twice.
    this.#producer = this.producer({ idempotent: true })
  }

  producer(
    more: Partial<ProducerOptions<Buffer, Buffer, string, string>> = {},
  ): Producer<Buffer, Buffer, string, string> {
    return new Producer<Buffer, Buffer, string, string>({
      ...this.#options,
      retryDelay: 20,
      autocreateTopics: false,
      ...more,
      serializers: {
        key: (data) => data,
        value: (data) => data,
        headerKey: (data) => Buffer.from(data ?? ''),
        headerValue: (data) => Buffer.from(data ?? ''),
      },
    })
  }

  /** A new topic. */
  async topic(
    partitions = 1,
    configs: Readonly<Record<string, string>> = {},
    name = `topic-${++this.#topics}`,
  ): Promise<string> {
    const topic = { topics: [name], partitions, replicas: -1, configs: Object.entries(configs).map(asConfig) }
    // A request that is repeated because no answer came in time finds the topic there.
    await this.admin.createTopics(topic).catch(async (error: unknown) => {
      if (!(await this.admin.listTopics()).includes(name)) throw error
    })
    return name
  }

  async send(
    topic: string,
    records: readonly {
      readonly key?: string | null
      readonly value: string | null
      readonly partition?: number
      readonly headers?: Record<string, string>
      readonly timestamp?: bigint
    }[],
    producer: Pick<Producer<Buffer, Buffer, string, string>, 'send'> = this.#producer,
  ): Promise<void> {
    if (records.length === 0) return
    await producer.send({
      acks: -1,
      messages: records.map(({ key, value, partition, headers, timestamp }) => ({
        topic,
        ...(key === undefined || key === null ? {} : { key: Buffer.from(key) }),
        value: (value === null ? null : Buffer.from(value)) as Buffer,
        ...(partition === undefined ? {} : { partition }),
        ...(headers === undefined ? {} : { headers }),
        ...(timestamp === undefined ? {} : { timestamp }),
      })),
    })
  }

  async close(): Promise<void> {
    await this.#producer.close()
    await this.admin.close()
  }
}

const asConfig = ([name, value]: [name: string, value: string]): { name: string; value: string } => ({ name, value })
