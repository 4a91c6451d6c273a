import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { after, test } from 'node:test'
import { kafkaIsMissing, startKafka } from '../../infra/servers/kafka.ts'
import { freePort } from '../../infra/servers/server-process.ts'
import { kafka } from '../../lib/adapters/kafka/kafka-source.ts'
import { kafkaSink } from '../../lib/adapters/kafka/kafka-sink.ts'
import { StringDeserializer } from '../../lib/adapters/kafka/record.ts'
import { hasCode } from '../../lib/model/errors.ts'
import type { Json } from '../../lib/model/json.ts'
import { delivery } from '../../lib/testing/contracts/sink-rows.ts'
import { memoryIo, readAll } from '../../lib/testing/contracts/source.ts'
import { withSeeds } from '../support/dice.ts'
import { badNetworkLaw } from './bad-network.ts'
import { FaultProxy } from './fault-proxy.ts'
import { KafkaFeed } from './kafka-feed.ts'

/** Each gives up after half a minute, of which a silent connection takes ten seconds. */
const BATCH_TRIES = 5

const missing = kafkaIsMissing()
if (missing) test('Kafka over a bad network', { skip: missing }, () => {})
else await tests()

async function tests(): Promise<void> {
  const at = await freePort()
  const server = await startKafka({ behind: at })
  const { brokers } = server
  const wayIn = server.wayIn!
  const feed = new KafkaFeed(brokers)
  after(async () => {
    await feed.close()
    await server.stop()
  })

  /** Batch after batch of what is committed, until two are empty and nothing is held back. */
  async function readFrom(topic: string, address: string, limit: number | null = null): Promise<string[]> {
    const text = { key: StringDeserializer, value: StringDeserializer }
    const found: string[] = []
    const io = memoryIo()
    for (let position: Json = null, empty = 0, time = 1000; empty < 2; time += 1000) {
      const { cut, records } = await untilReached(async () => {
        // A process of its own for each batch, as far as the brokers can tell.
        const source = kafka<string, string>({ brokers: address, topics: topic, startingOffsets: 'earliest', ...text })
        const cut = await source.cut({ time, intervalMs: 1000, zeroTime: 0, position, limit, io })
        return { cut, records: await readAll(source, cut!.splits, io) }
      })
      found.push(...records.map(({ value }) => value!))
      position = cut!.position
      if (records.length > 0) empty = 0
      else if (!/held back/.test(cut!.description ?? '')) empty++
    }
    return found
  }

  /** As a run does: a batch whose source is away is read again from where the one before it ended. */
  async function untilReached<R>(batch: () => Promise<R>): Promise<R> {
    for (let tries = 1; ; tries++)
      try {
        return await batch()
      } catch (error) {
        if (!hasCode(error, 'E_KAFKA_UNREACHABLE') || tries === BATCH_TRIES) throw error
      }
  }

  badNetworkLaw({
    name: 'Kafka sink',
    port: wayIn,
    at,
    silent: true,
    // A client notices after ten seconds that a connection is dead.
    runs: 1,
    prepare: async (place) => void (await feed.topic(2, {}, place)),
    open: (port, topic) =>
      kafkaSink<number>({
        brokers: `127.0.0.1:${port}`,
        topic,
        message: (n) => ({ value: `${n}`, timestamp: Date.now() }),
      }),
    read: async (topic) => (await readFrom(topic, brokers[0])).map(Number).sort((a, b) => a - b),
  })

  test('F68: Kafka source: over a network that delays, resets and falls silent, records come once, in order', (t) =>
    withSeeds(t, 1, async (dice, seed) => {
      const topic = await feed.topic(1, {}, `read${seed}`)
      const values = Array.from({ length: 300 }, (_, n) => `${n}`)
      for (let n = 0; n < 300; n += 30)
        await feed.send(
          topic,
          values.slice(n, n + 30).map((value) => ({ value })),
        )
      const proxy = await FaultProxy.before(wayIn, dice, { silent: true, at })
      try {
        assert.deepEqual(await readFrom(topic, `127.0.0.1:${at}`, 25), values)
      } finally {
        await proxy.close()
      }
      t.diagnostic([...proxy.happened].map(([what, times]) => `${what} ${times}`).join(', '))
    }))

  test('Kafka sink: silent brokers are given up in time, and at once where the delivery is', async (t) => {
    const silent = createServer(() => {}).listen(0, '127.0.0.1')
    t.after(() => silent.close())
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    const open = () =>
      kafkaSink<number>({
        brokers: `127.0.0.1:${port}`,
        topic: 't',
        attempts: 1,
        retryMs: 100,
        message: () => ({ value: '' }),
      })
    const began = Date.now()
    await assert.rejects(open().write([1], { ...delivery(1), signal: AbortSignal.timeout(200) }), {
      name: 'TimeoutError',
    })
    assert.ok(Date.now() - began < 5_000, 'as soon as the delivery was given up')
    await assert.rejects(open().write([1], delivery(1)), { code: 'E_SINK_UNAVAILABLE' })
    assert.ok(Date.now() - began < 25_000, 'after `retryMs` and a request')
  })
}
