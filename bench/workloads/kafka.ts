import { kafkaIsMissing, startKafka } from '../../infra/servers/kafka.ts'
import { kafka, StringDeserializer } from '../../lib/api/kafka/index.ts'
import type { KafkaFeed } from '../../test/servers/kafka-feed.ts'
import { type Place, type Reading, readOut, served } from '../read-out.ts'
import type { Workload } from '../workload.ts'

// Clients and servers are loaded where they are used: other workloads are timed without them.

const PARTITIONS = 4
const RECORDS = { small: 300_000, full: 2_000_000 }
const PER_CALL = 5_000
const valueOf = (n: number): string => `${n} `.padEnd(100, 'the quick brown fox ')

let server: Awaited<ReturnType<typeof startKafka>> | null = null

async function fill(feed: KafkaFeed, { name, records }: Place): Promise<void> {
  await feed.topic(PARTITIONS, {}, name)
  for (let n = 0; n < records; n += PER_CALL) {
    const numbers = Array.from({ length: Math.min(PER_CALL, records - n) }, (_, i) => n + i)
    await feed.send(
      name,
      numbers.map((each) => ({ key: String(each), value: valueOf(each), partition: each % PARTITIONS })),
    )
  }
}

async function client(address: string, { name, records }: Place): Promise<Reading> {
  const { Consumer, stringDeserializers } = await import('@platformatic/kafka')
  const consumer = new Consumer({
    groupId: `bench-${process.pid}-${name}`,
    clientId: 'bench',
    bootstrapBrokers: [address],
    deserializers: stringDeserializers,
    autocommit: false,
  })
  await consumer.metadata({ topics: [name] })
  const read = async (): Promise<number> => {
    const stream = await consumer.consume({ topics: [name], mode: 'earliest', maxWaitTime: 100 })
    let count = 0
    for await (const _message of stream) if (++count === records) break
    return count
  }
  return { read, close: () => consumer.close(true) }
}

export const kafkaRead: Workload = {
  name: 'kafka',
  about: 'records of 100 bytes from four partitions of a broker on this machine, key and value as text, counted',
  async inputs(size) {
    const missing = kafkaIsMissing()
    if (missing) throw new Error(missing)
    const { KafkaFeed } = await import('../../test/servers/kafka-feed.ts')
    server = await startKafka()
    const feed = new KafkaFeed(server.brokers)
    const places = {
      address: server.brokers[0],
      warm: { name: 'warm', records: 50_000 },
      timed: { name: 'timed', records: RECORDS[size] },
    }
    for (const place of [places.warm, places.timed]) await fill(feed, place)
    await feed.close()
    return served(places)
  },
  close: async () => server?.stop(),
  ...readOut({
    source: (address, { name }) =>
      kafka({
        brokers: address,
        topics: name,
        startingOffsets: 'earliest',
        key: StringDeserializer,
        value: StringDeserializer,
      }),
    client,
  }),
}
