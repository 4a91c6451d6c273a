import { kafkaIsMissing, startKafka } from '../../infra/servers/kafka.ts'
import { kafka, StringDeserializer } from '../../lib/api/kafka/index.ts'
import type { KafkaFeed } from '../../test/servers/kafka-feed.ts'
import { countAndSum } from '../count-and-sum.ts'
import { describedContext } from '../engine.ts'
import { type Place, placesOf, type Reading, readOut, served, timedRun, untilRead } from '../read-out.ts'
import { onSpark } from '../spark/spark.ts'
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

const source = (brokers: string, { name: topics }: Place) =>
  kafka({ brokers, topics, startingOffsets: 'earliest', key: StringDeserializer, value: StringDeserializer })

/** How many records there were of each end of a key; the output has all of them, in each batch. */
async function intoState(address: string, place: Place): Promise<Reading> {
  const context = describedContext()
  const totals = context
    .source('records', source(address, place))
    .map((record): [string, number] => [record.key!.slice(-3), 1])
    .reduceByKey((a, b) => a + b)
    .updateStateByKey((counts: readonly number[], total: number | undefined) =>
      counts.reduce((sum, count) => sum + count, total ?? 0),
    )
  const seen = countAndSum(totals)
  return untilRead(context, place.records, () => seen.last.flat().reduce((sum, [, count]) => sum + count, 0))
}

const read = readOut({ source, client })

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
  variants: {
    ...read.variants,
    // Twice all of it beforehand, as Spark does.
    'sluice-state': { run: (setting) => timedRun(setting, intoState, ({ timed }) => [timed, timed]) },
    'spark-state': onSpark('kafka', ({ inputs }) => {
      const { address, timed } = placesOf(inputs)
      const counts = { warm: 0, batches: 1, passes: 3 }
      return { records: timed.records, options: { ...counts, address, topic: timed.name } }
    }),
  },
  ratios: [...read.ratios, { of: 'sluice-state', to: 'spark-state', metric: 'records_per_cpu_s' }],
}
