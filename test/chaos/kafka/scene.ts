import { join } from 'node:path'
import { kafkaIsMissing, startKafka } from '../../../infra/servers/kafka.ts'
import { KafkaFeed } from '../../servers/kafka-feed.ts'
import { KafkaNumbers, keysOutOfOrder, NumberedOutputs } from '../../servers/kafka-numbers.ts'
import { Counts } from '../counts.ts'
import { difference, type Scene, type SceneRequest } from '../scene.ts'

/** When a broker is killed, when it comes back, and when the topic gets more partitions, as shares of all kills. */
const [KILLED, BACK, MORE_PARTITIONS] = [0.25, 0.6, 0.5]

/**
 * Kafka → state → Kafka, exactly once, on three real brokers of which one dies and comes back. What has arrived is
 * read by Kafka's own consumer.
 */
export async function kafkaScene({ folder, kills, records }: SceneRequest): Promise<Scene> {
  const missing = kafkaIsMissing()
  if (missing) throw new Error(missing)
  const server = await startKafka({ brokers: 3 })
  const feed = new KafkaFeed(server.brokers)
  const [input, output] = [await feed.topic(3), await feed.topic(2)]
  const numbers = new KafkaNumbers(feed, input, records)
  const arrived = new NumberedOutputs(server.brokers, output)
  const database = join(folder, 'counts.db')
  const counts = new Counts(database)
  const at = (share: number): number => Math.ceil(kills * share)
  return {
    app: 'chaos-kafka',
    programArgs: ['test/chaos/kafka/program.ts'],
    env: {
      CHAOS_BROKERS: server.brokers.join(','),
      CHAOS_INPUT: input,
      CHAOS_OUTPUT: output,
      CHAOS_DATABASE: database,
    },
    pauseMs: { min: 500, max: 1500 },
    begin() {},
    end() {},
    async killed(n) {
      if (n === at(KILLED)) await server.kill(1)
      if (n === at(BACK)) await server.restart(1)
      if (n === at(MORE_PARTITIONS)) await numbers.addPartitions()
      const [from, until] = [n - 1, n].map((each) => Math.floor((records * each) / kills))
      await numbers.send(from, until)
    },
    batch: () => counts.lastBatch,
    isThrough: async () => (await arrived.more()) >= records,
    async differences() {
      const consumed = (await server.consumed(output)).map(([key, value]) => `${key} ${value}`)
      return [
        ...difference('numbered', consumed.toSorted(), numbers.expected.sort()),
        ...keysOutOfOrder(consumed).map((key) => `numbered: ${key} is out of order`),
        ...difference('counts', [String(counts.records)], [String(records)]),
      ]
    },
    async close() {
      await numbers.close()
      await feed.close()
      await server.stop()
    },
  }
}
