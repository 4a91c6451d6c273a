import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kafkaIsMissing, startKafka } from '../../infra/servers/kafka.ts'
import { kafka } from '../../lib/adapters/kafka/kafka-source.ts'
import { kafkaSink, kafkaSinkOver, type KafkaSinkOptions } from '../../lib/adapters/kafka/kafka-sink.ts'
import { type KafkaRecord, StringDeserializer } from '../../lib/adapters/kafka/record.ts'
import { type OpenWriter, openWriter } from '../../lib/adapters/kafka/transactions.ts'
import { hasCode } from '../../lib/model/errors.ts'
import { sinkContract } from '../../lib/testing/contracts/sink.ts'
import { deliver, delivery, type SinkRow } from '../../lib/testing/contracts/sink-rows.ts'
import { memoryIo, readAll } from '../../lib/testing/contracts/source.ts'
import { DyingCalls } from '../adapters/dying-calls.ts'
import { keptUntilTheEnd } from '../adapters/kept.ts'
import { KafkaFeed } from './kafka-feed.ts'

const missing = kafkaIsMissing()
if (missing) test('Kafka sink', { skip: missing }, () => {})
else await tests()

async function tests(): Promise<void> {
  const server = await startKafka()
  const { brokers } = server
  const feed = new KafkaFeed(brokers)
  const keep = keptUntilTheEnd(async () => {
    await feed.close()
    await server.stop()
  })

  /** Every message of a topic that a consumer of committed data sees. */
  async function contents(topic: string): Promise<readonly KafkaRecord<string, string>[]> {
    const text = { key: StringDeserializer, value: StringDeserializer }
    const source = kafka<string, string>({ brokers, topics: topic, startingOffsets: 'earliest', ...text })
    const io = memoryIo()
    // What was committed a moment ago shows when the broker has written the markers of the transaction.
    for (;;) {
      const cut = await source.cut({ time: 1000, intervalMs: 1000, zeroTime: 0, position: null, limit: null, io })
      if (!/held back/.test(cut!.description!)) return readAll(source, cut!.splits, io)
    }
  }

  sinkContract('Kafka', async () => {
    const topic = await feed.topic(3)
    const options: KafkaSinkOptions<SinkRow> = {
      brokers,
      topic,
      message: (row) => ({ key: row.id, value: JSON.stringify(row) }),
    }
    return {
      fenced: true,
      // Two that write at once bar each other again and again, here without the waits of a run.
      open: () => keep(kafkaSink({ ...options, attempts: 50 })),
      dying: (n, death) => keep(kafkaSinkOver({ ...options, attempts: 1 }, dyingWriter(new DyingCalls(n, death)))),
      contents: async () =>
        (await contents(topic)).map(({ value }) => {
          const row = JSON.parse(value!) as SinkRow
          return { ...row, at: row.at === null ? null : new Date(row.at) }
        }),
    }
  })

  test('F62: a batch whose commit was answered to nobody is found by its mark, and is not sent again', async () => {
    const topic = await feed.topic()
    const options = { brokers, topic, message: (n: number) => ({ value: `${n}` }) }
    const commits = new DyingCalls(1, 'after')
    const open: OpenWriter = async (id, given) => {
      const writer = await openWriter(id, given)
      return Object.assign(Object.create(writer) as typeof writer, bound(writer), {
        commit: () =>
          commits.call(
            () => writer.commit(),
            () => {},
          ),
      })
    }
    await assert.rejects(deliver(kafkaSinkOver({ ...options, attempts: 1 }, open), 1, [[1, 2]]))
    await deliver(keep(kafkaSink(options)), 1, [[1, 2]])
    assert.deepEqual(
      (await contents(topic)).map(({ value }) => value),
      ['1', '2'],
    )
  })

  test('F58: a process that was replaced in the middle of a batch cannot finish it', async () => {
    const topic = await feed.topic()
    const options = { brokers, topic, message: (n: number) => ({ value: `${n}` }) }
    const held = Promise.withResolvers<void>()
    const sent = Promise.withResolvers<void>()
    const open: OpenWriter = async (id, given) => {
      const writer = await openWriter(id, given)
      return {
        ...bound(writer),
        mark: async (n) => {
          sent.resolve()
          await held.promise
          await writer.mark(n)
        },
      }
    }
    const zombie = deliver(kafkaSinkOver({ ...options, attempts: 1, retryMs: 1000 }, open), 1, [[1, 2]])
    zombie.catch(() => {})
    await sent.promise
    const next = keep(kafkaSink(options))
    await deliver(next, 1, [[1, 2]])
    await deliver(next, 2, [[3]])
    held.resolve()
    await assert.rejects(zombie)
    assert.deepEqual(
      (await contents(topic)).map(({ value }) => value),
      ['1', '2', '3'],
    )
  })

  test('keys, headers, tombstones, partitions, times and other topics arrive as they are', async () => {
    const [topic, other] = [await feed.topic(2), await feed.topic(1)]
    const sink = keep(
      kafkaSink({
        brokers,
        topic,
        compression: 'zstd',
        message: (message: { value: string | null }) => message,
      }),
    )
    const times = [0, 1_700_000_000_000, 5, 1_200_000_000_000]
    await deliver(sink, 1, [
      [
        { key: 'k', value: null, partition: 1, headers: { a: Uint8Array.of(0, 255), b: 'Grüße' } },
        { value: '', partition: 1 },
        { value: 'elsewhere', topic: other },
        ...times.map((timestamp) => ({ value: 'timed', partition: 0, timestamp })),
      ] as { value: string | null }[],
    ])
    const got = await contents(topic)
    const [tombstone, empty] = got.filter(({ partition }) => partition === 1)
    assert.deepEqual([tombstone.key, tombstone.value, empty.key, empty.value], ['k', null, null, ''])
    assert.deepEqual(tombstone.headers, [
      { key: 'a', value: Uint8Array.of(0, 255) },
      { key: 'b', value: new Uint8Array(Buffer.from('Grüße')) },
    ])
    assert.equal(tombstone.timestamp, 1000)
    assert.deepEqual(
      got.filter(({ partition }) => partition === 0).map(({ timestamp }) => timestamp),
      times,
    )
    assert.deepEqual(
      (await contents(other)).map(({ value }) => value),
      ['elsewhere'],
    )
  })

  test('a value that is no text and no bytes is refused before anything is sent', async () => {
    const topic = await feed.topic()
    const sink = keep(kafkaSink({ brokers, topic, message: (value: unknown) => ({ value: value as string }) }))
    for (const value of [undefined, 7, {}, 'half \ud800'])
      await assert.rejects(deliver(sink, 1, [['a', value]]), (error) => hasCode(error, 'E_SINK_VALUE'))
    assert.deepEqual(await contents(topic), [])
  })

  test('a message that is too large for the broker is refused; one batch of many megabytes is not', async () => {
    const topic = await feed.topic()
    const sink = keep(kafkaSink({ brokers, topic, message: (value: string) => ({ value }) }))
    await assert.rejects(deliver(sink, 1, [['x'.repeat(3_000_000)]]), (error) => hasCode(error, 'E_SINK_REJECTED'))
    await deliver(sink, 1, [Array.from({ length: 50 }, (_, i) => String(i % 10).repeat(100_000))])
    assert.equal((await contents(topic)).length, 50)
  })

  test('brokers that nobody answers at are an error that is tried again later', async () => {
    const sink = keep(
      kafkaSink({ brokers: '127.0.0.1:1', topic: 't', retryMs: 100, attempts: 1, message: () => ({ value: '' }) }),
    )
    await assert.rejects(
      sink.write([1], delivery(1)),
      (error) => hasCode(error, 'E_SINK_UNAVAILABLE') || hasCode(error, 'E_KAFKA_UNREACHABLE'),
    )
  })
}

/** Every call of a writer, as functions of their own. */
const bound = (writer: Awaited<ReturnType<OpenWriter>>): Awaited<ReturnType<OpenWriter>> => ({
  begin: () => writer.begin(),
  marked: () => writer.marked(),
  send: (messages) => writer.send(messages),
  mark: (n) => writer.mark(n),
  commit: () => writer.commit(),
  leave: () => writer.leave(),
  close: () => writer.close(),
})

/** Like the writer of a process that ends at a call: what it had open stays open at the broker. */
const dyingWriter =
  (calls: DyingCalls): OpenWriter =>
  async (id, options) => {
    const writer = await openWriter(id, options)
    const through =
      <A extends unknown[], R>(call: (...args: A) => Promise<R>): ((...args: A) => Promise<R>) =>
      (...args) =>
        calls.call(
          () => call(...args),
          () => {},
        )
    const all = bound(writer)
    return {
      begin: through(all.begin),
      marked: through(all.marked),
      send: through(all.send),
      mark: through(all.mark),
      commit: through(all.commit),
      leave: through(all.leave),
      close: all.close,
    }
  }
