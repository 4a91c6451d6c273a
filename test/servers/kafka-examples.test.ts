import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { kafkaIsMissing, startKafka } from '../../infra/servers/kafka.ts'
import { runExample, type RunningExample } from '../examples/running-example.ts'
import { KafkaFeed } from './kafka-feed.ts'

const missing = kafkaIsMissing()
if (missing) test('Kafka examples', { skip: missing }, () => {})
else await tests()

async function tests(): Promise<void> {
  const server = await startKafka()
  const feed = new KafkaFeed(server.brokers)
  after(async () => {
    await feed.close()
    await server.stop()
  })
  const [brokers] = server.brokers

  /** Sends lines until the program has printed a count of them: it begins with what comes after its start. */
  async function counted(program: RunningExample, topic: string): Promise<void> {
    for (let tries = 0; tries < 60; tries++) {
      await feed.send(topic, [{ value: 'to be or not to be' }])
      if (/\(to,(\d+)\)/.test(program.stdout)) break
      await new Promise((resolve) => {
        setTimeout(resolve, 500)
      })
    }
    const counts = new Map([...program.stdout.matchAll(/\((\w+),(\d+)\)/g)].map(([, word, n]) => [word, Number(n)]))
    assert.deepEqual(new Set(counts.keys()), new Set(['to', 'be', 'or', 'not']), program.stderr)
    assert.equal(counts.get('to'), 2 * counts.get('or')!)
    assert.equal(counts.get('be'), 2 * counts.get('not')!)
  }

  test('direct-kafka-word-count counts the words of several topics, batch by batch', async (t) => {
    const topics = [await feed.topic(2), await feed.topic(1)]
    await counted(runExample(t, 'direct-kafka-word-count', brokers, 'class3_consumer', topics.join(',')), topics[1])
  })

  test('kafka-word-count counts the words of a topic', async (t) => {
    const topic = await feed.topic(1)
    await counted(runExample(t, 'kafka-word-count', brokers, topic), topic)
  })
}
