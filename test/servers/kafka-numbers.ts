import { kafka } from '../../lib/adapters/kafka/kafka-source.ts'
import { StringDeserializer } from '../../lib/adapters/kafka/record.ts'
import type { Json } from '../../lib/model/json.ts'
import { memoryIo, readAll } from '../../lib/testing/contracts/source.ts'
import type { KafkaFeed } from './kafka-feed.ts'

const KEYS = 200
const PER_CALL = 250
const MOST_PARTITIONS = 6

/**
 * Numbers for a topic of three partitions that become six half-way. Keys of the second half are their own: one that
 * moves to a new partition is in order in each of the two, and nobody promises more.
 */
export class KafkaNumbers {
  readonly #feed: KafkaFeed
  readonly #topic: string
  readonly #count: number
  #producer: ReturnType<KafkaFeed['producer']>

  constructor(feed: KafkaFeed, topic: string, count: number) {
    this.#feed = feed
    this.#topic = topic
    this.#count = count
    this.#producer = feed.producer({ idempotent: true })
  }

  /** What must come out: the key, how many of the key came before, and the number. */
  get expected(): string[] {
    return Array.from({ length: this.#count }, (_, n) => `${this.#keyOf(n)} ${this.#indexOf(n)} ${n}`)
  }

  #isFirstHalf(n: number): boolean {
    return n < this.#count / 2
  }
  #keyOf(n: number): string {
    return this.#isFirstHalf(n) ? `a${n % KEYS}` : `b${n % KEYS}`
  }
  #indexOf(n: number): number {
    return Math.floor((this.#isFirstHalf(n) ? n : n - this.#count / 2) / KEYS)
  }

  async send(from: number, until: number): Promise<void> {
    for (let n = from; n < until; n += PER_CALL) {
      const numbers = Array.from({ length: Math.min(PER_CALL, until - n) }, (_, i) => n + i)
      const records = numbers.map((each) => ({
        key: this.#keyOf(each),
        value: `${each}`,
        partition: (each % KEYS) % (this.#isFirstHalf(each) ? 3 : MOST_PARTITIONS),
      }))
      await this.#feed.send(this.#topic, records, this.#producer)
    }
  }

  /** Before the second half is sent. A producer that was there before goes by what it knew. */
  async addPartitions(): Promise<void> {
    await this.#feed.admin.createPartitions({
      topics: [{ name: this.#topic, count: MOST_PARTITIONS, assignments: null }],
    })
    await this.#producer.close()
    for (;;) {
      this.#producer = this.#feed.producer({ idempotent: true })
      const { topics } = await this.#producer.metadata({ topics: [this.#topic], forceUpdate: true })
      const known = topics.get(this.#topic)!.partitions.filter((each) => each && each.leader >= 0)
      if (known.length === MOST_PARTITIONS) return
      await this.#producer.close()
    }
  }

  close(): Promise<void> {
    return this.#producer.close()
  }
}

/** Reads the topic that numbers come to on its own, as one more consumer of committed data. */
export class NumberedOutputs {
  readonly #source: ReturnType<typeof kafka<string, string>>
  readonly #io = memoryIo()
  #position: Json | null = null
  readonly lines: string[] = []

  constructor(brokers: readonly string[], topic: string) {
    const text = { key: StringDeserializer, value: StringDeserializer }
    this.#source = kafka<string, string>({ brokers, topics: topic, startingOffsets: 'earliest', ...text })
  }

  /** How many there are by now. */
  async more(): Promise<number> {
    const request = { time: 1000, intervalMs: 1000, zeroTime: 0, position: this.#position, limit: null, io: this.#io }
    const cut = await this.#source.cut(request)
    this.#position = cut!.position
    for (const { key, value } of await readAll(this.#source, cut!.splits, this.#io)) this.lines.push(`${key} ${value}`)
    return this.lines.length
  }
}

/** Keys whose lines (`key index number`) do not come by rising index. */
export function keysOutOfOrder(lines: readonly string[]): string[] {
  const last = new Map<string, number>()
  const wrong = new Set<string>()
  for (const line of lines) {
    const [key, index] = line.split(' ')
    if (Number(index) <= (last.get(key) ?? -1)) wrong.add(key)
    last.set(key, Number(index))
  }
  return [...wrong]
}
