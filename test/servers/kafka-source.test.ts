import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { kafkaIsMissing, startKafka } from '../../infra/servers/kafka.ts'
import { ManualClock } from '../../lib/adapters/local/manual-clock.ts'
import { kafka, type KafkaOptions } from '../../lib/adapters/kafka/kafka-source.ts'
import { type KafkaRecord, StringDeserializer } from '../../lib/adapters/kafka/record.ts'
import { hasCode } from '../../lib/model/errors.ts'
import type { Json } from '../../lib/model/json.ts'
import type { Cut } from '../../lib/model/manifest.ts'
import type { Source } from '../../lib/source/source.ts'
import { memoryIo, readAll, sourceContract } from '../../lib/testing/contracts/source.ts'
import { KafkaFeed } from './kafka-feed.ts'

const missing = kafkaIsMissing()
if (missing) test('Kafka', { skip: missing }, () => {})
else await tests()

async function tests(): Promise<void> {
  const server = await startKafka({
    users: {
      scram: [{ name: 'alice', password: 'alice-secret' }],
      plain: [{ name: 'bob', password: 'bob-secret' }],
    },
  })
  const { brokers } = server
  const feed = new KafkaFeed(brokers)
  after(async () => {
    await feed.close()
    await server.stop()
  })

  const text = { key: StringDeserializer, value: StringDeserializer }
  const open = (options: Partial<KafkaOptions<string, string>> & Pick<KafkaOptions, 'topics'>) =>
    new Stream(kafka<string, string>({ brokers, startingOffsets: 'earliest', ...text, ...options }))

  sourceContract('Kafka', async () => {
    const topic = await feed.topic()
    const clock = new ManualClock()
    const values = (): Source<string | null> =>
      valuesOf(kafka({ brokers, topics: topic, startingOffsets: 'earliest', ...text }))
    return {
      source: values(),
      clock,
      io: memoryIo(clock),
      feed: (records) =>
        feed.send(
          topic,
          records.map((value) => ({ value })),
        ),
      restarted: async () => values(),
    }
  })

  test('B30: null keys, null values, empty ones, binary headers and timestamps come as they are', async () => {
    const topic = await feed.topic()
    await feed.send(topic, [{ value: null, key: 'gone', timestamp: 5n }])
    await feed.send(topic, [{ value: '', key: '' }])
    await feed.send(topic, [{ value: 'v', headers: { h: '\u0000\u0001', empty: '' }, timestamp: 1_700_000_000_000n }])
    const raw = new Stream(kafka({ brokers, topics: topic, startingOffsets: 'earliest' }))
    const [tombstone, empty, full] = await raw.next()
    assert.deepEqual([tombstone.value, Buffer.from(tombstone.key!).toString(), tombstone.timestamp], [null, 'gone', 5])
    assert.deepEqual([empty.value?.length, empty.key?.length], [0, 0])
    assert.equal(full.key, null)
    assert.equal(full.timestamp, 1_700_000_000_000)
    assert.deepEqual(full.headers, [
      { key: 'h', value: Uint8Array.of(0, 1) },
      { key: 'empty', value: new Uint8Array(0) },
    ])
  })

  test('a cut tells about how much there is to read once something of the topic was read', async () => {
    const topic = await feed.topic()
    const stream = open({ topics: topic })
    const weights = (): (number | null)[] => stream.last!.splits.map((split) => stream.source.weight!(split))
    await feed.send(topic, [{ value: 'a'.repeat(1000) }])
    await stream.until(1, ['a'.repeat(1000)])
    await feed.send(topic, [{ value: 'b' }, { value: 'c' }])
    await stream.until(2, ['b', 'c'])
    const [bytes, ...others] = weights()
    assert.ok(others.length === 0 && bytes! > 1000 && bytes! < 4000, `${bytes} bytes`)
  })

  test('F50: partitions that are added to a running stream are read from their first record', async () => {
    const topic = await feed.topic(3)
    const stream = open({ topics: topic, startingOffsets: 'latest' })
    const write = (partitions: number, round: string): Promise<void> =>
      feed.send(
        topic,
        Array.from({ length: partitions }, (_, partition) => ({ partition, value: `${round}${partition}` })),
      )
    await stream.next()
    await write(3, 'a')
    assert.deepEqual(sorted(valuesIn(await stream.next())), ['a0', 'a1', 'a2'])
    await feed.admin.createPartitions({ topics: [{ name: topic, count: 6, assignments: null }] })
    await write(6, 'b')
    await stream.until(6, ['b0', 'b1', 'b2', 'b3', 'b4', 'b5'])
    await write(6, 'c')
    assert.deepEqual(sorted(valuesIn(await stream.next())), ['c0', 'c1', 'c2', 'c3', 'c4', 'c5'])
  })

  test('F52: offsets that compaction and transactions left empty are passed over, and nothing else is', async () => {
    const topic = await feed.topic(1, {
      'cleanup.policy': 'compact',
      'segment.ms': '200',
      'min.cleanable.dirty.ratio': '0.01',
      'max.compaction.lag.ms': '200',
      'delete.retention.ms': '100',
    })
    for (let round = 0; round < 30; round++)
      await feed.send(
        topic,
        [1, 2, 3].map((n) => ({ key: `k${n}`, value: `${round}` })),
      )
    const latest = await settled(async () => {
      await feed.send(topic, [{ key: 'tick', value: 'x' }])
      const records = await open({ topics: topic }).next()
      return records.length < 60 ? records : null
    })
    const lastOf = (key: string): string | null | undefined => latest.findLast((record) => record.key === key)?.value
    assert.deepEqual(['k1', 'k2', 'k3'].map(lastOf), ['29', '29', '29'])
    assert.ok(latest.every((record, i) => i === 0 || record.offset > latest[i - 1].offset))
    const stream = open({ topics: topic, maxRatePerPartition: 7 })
    const pieces: KafkaRecord<string, string>[] = []
    for (let batch = 0; batch < 40; batch++) pieces.push(...(await stream.next()))
    assert.deepEqual(
      pieces
        .filter(({ key }) => key !== 'tick')
        .slice(-3)
        .map(({ key, value }) => [key, value]),
      [
        ['k1', '29'],
        ['k2', '29'],
        ['k3', '29'],
      ],
    )
  })

  test('aborted transactions are never read, however often one producer aborts and wherever a range ends', async () => {
    const topic = await feed.topic()
    const producer = feed.producer({
      idempotent: true,
      transactionalId: 'aborting',
      producerId: -1n,
      producerEpoch: -1,
    })
    const expected: string[] = []
    for (let n = 0; n < 8; n++) {
      const transaction = await producer.beginTransaction()
      const values = [`${n}a`, `${n}b`, `${n}c`]
      for (const value of values) await feed.send(topic, [{ value, partition: 0 }], transaction)
      if (n % 3 === 0) await transaction.commit()
      else await transaction.abort()
      if (n % 3 === 0) expected.push(...values)
      await feed.send(topic, [{ value: `plain ${n}`, partition: 0 }])
      expected.push(`plain ${n}`)
    }
    await producer.close()
    for (const options of [{}, { maxRatePerPartition: 1 }, { maxRatePerPartition: 5 }, { fetchBytes: 1 }]) {
      const stream = open({ topics: topic, ...options })
      const got: unknown[] = []
      for (let batch = 0; batch < 60; batch++) got.push(...valuesIn(await stream.next()))
      assert.deepEqual(got, expected, JSON.stringify(options))
    }
    const all = await open({ topics: topic, isolation: 'read_uncommitted' }).next()
    assert.equal(all.length, 8 * 4)
  })

  test('F53: behind an open transaction nothing is read; the batch is empty and says what is held back', async () => {
    const topic = await feed.topic()
    const producer = feed.producer({ idempotent: true, transactionalId: 'open', producerId: -1n, producerEpoch: -1 })
    const transaction = await producer.beginTransaction()
    await feed.send(topic, [{ value: 'in it', partition: 0 }], transaction)
    await feed.send(topic, [{ value: 'behind it', partition: 0 }])
    const stream = open({ topics: topic })
    assert.deepEqual(await stream.next(), [])
    assert.match(stream.last!.description!, /behind: 2 offsets, 2 of them held back by open transactions/)
    assert.deepEqual(stream.source.progress!(stream.last!), {
      committed: { [topic]: { 0: 0 } },
      newest: { [topic]: { 0: 2 } },
      lagRecords: 2,
      lagMs: null,
    })
    await transaction.commit()
    await stream.until(2, ['in it', 'behind it'])
    await producer.close()
  })

  test('F47: a topic that was deleted and made anew is refused', async () => {
    const topic = await feed.topic()
    await feed.send(topic, [{ value: 'old' }])
    const stream = open({ topics: topic })
    await stream.next()
    await feed.admin.deleteTopics({ topics: [topic] })
    await settled(() => feed.topic(1, {}, topic).catch(() => null))
    await settled(() =>
      feed.send(topic, [{ value: 'new' }]).then(
        () => true,
        () => null,
      ),
    )
    await assert.rejects(stream.next(), (error) => hasCode(error, 'E_KAFKA_TOPIC') && /made anew/.test(error.message))
  })

  test('records that are gone unread stop the stream, with their bounds; onGap skips them', async () => {
    const topic = await feed.topic()
    await feed.send(
      topic,
      Array.from({ length: 10 }, (_, n) => ({ value: `${n}`, partition: 0 })),
    )
    const [strict, lenient] = [{}, { onGap: 'skip' as const }].map((options) =>
      open({ topics: topic, maxRatePerPartition: 2, ...options }),
    )
    await strict.next()
    await lenient.next()
    await feed.admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 6n }] }] })
    await assert.rejects(
      strict.next(),
      (error) =>
        hasCode(error, 'E_KAFKA_RECORDS_GONE') && /begins at offset 6; the records from 2 on/.test(error.message),
    )
    assert.deepEqual(valuesIn(await lenient.next()), ['6', '7'])
    const planned: Cut = {
      position: null,
      records: null,
      splits: [{ topic, partition: 0, from: 1, until: 4, id: strict.idOf(topic) }],
    }
    await assert.rejects(
      readAll(strict.source, planned.splits, strict.io),
      (error) => hasCode(error, 'E_KAFKA_RECORDS_GONE') && /from offset 1 up to 4/.test(error.message),
    )
  })

  test('a first start begins where it is told, else where its group is, else where startingOffsets says', async () => {
    const topic = await feed.topic(2)
    const write = (value: string): Promise<void> =>
      feed.send(
        topic,
        [0, 1].map((partition) => ({ partition, value })),
      )
    for (const value of ['a', 'b', 'c']) await write(value)
    const reader = open({ topics: topic, groupId: 'readers', commitOffsets: true, maxRatePerPartition: 1 })
    await reader.next()
    await reader.committed()
    const given = open({ topics: topic, groupId: 'readers', from: [{ topic, partition: 1, offset: 2 }] })
    assert.deepEqual(valuesIn(await given.next()), ['b', 'c', 'c'])
    const group = open({ topics: topic, groupId: 'readers' })
    assert.deepEqual(valuesIn(await group.next()), ['b', 'c', 'b', 'c'])
    const late = open({ topics: topic, startingOffsets: 'latest' })
    assert.deepEqual(await late.next(), [])
    await write('d')
    assert.deepEqual(valuesIn(await late.next()), ['d', 'd'])
    await assert.rejects(open({ topics: topic, startingOffsets: 'none' }).next(), (error) =>
      hasCode(error, 'E_KAFKA_OPTION'),
    )
  })

  test('topics by pattern and single partitions; a topic that is not there is named', async () => {
    for (const name of ['orders-eu', 'orders-us', 'orders']) await feed.topic(2, {}, name)
    for (const name of ['orders-eu', 'orders-us', 'orders'])
      await feed.send(
        name,
        [0, 1].map((partition) => ({ partition, value: `${name}/${partition}` })),
      )
    assert.deepEqual(valuesIn(await open({ topics: /orders-.*/ }).next()), [
      'orders-eu/0',
      'orders-eu/1',
      'orders-us/0',
      'orders-us/1',
    ])
    assert.deepEqual(valuesIn(await open({ topics: [{ topic: 'orders', partition: 1 }] }).next()), ['orders/1'])
    assert.deepEqual(valuesIn(await open({ topics: ['orders', 'orders-eu'] }).next()), [
      'orders/0',
      'orders/1',
      'orders-eu/0',
      'orders-eu/1',
    ])
    await assert.rejects(
      open({ topics: 'nowhere', retryMs: 300 }).next(),
      (error) => hasCode(error, 'E_KAFKA_TOPIC') && /nowhere/.test(error.message),
    )
  })

  test('every kind of compression is read', async () => {
    const topic = await feed.topic()
    const producer = feed.producer()
    for (const compression of ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)
      await producer.send({
        compression,
        messages: [{ topic, partition: 0, value: Buffer.from(compression.repeat(100)) }],
      })
    await producer.close()
    assert.deepEqual(
      valuesIn(await open({ topics: topic }).next()).map((value) => value!.length / 100),
      [4, 4, 6, 3, 4],
    )
  })

  test('users with SCRAM and PLAIN, over TLS and without; a wrong password is refused at once', async () => {
    const topic = await feed.topic()
    await feed.send(topic, [{ value: 'secret' }])
    const { sasl, saslTls, tls, ca } = server.secured!
    const alice = { username: 'alice', password: 'alice-secret' }
    for (const options of [
      { brokers: sasl, sasl: { mechanism: 'SCRAM-SHA-256' as const, ...alice } },
      { brokers: saslTls, sasl: { mechanism: 'SCRAM-SHA-512' as const, ...alice }, tls: { caFile: ca } },
      { brokers: sasl, sasl: { mechanism: 'PLAIN' as const, username: 'bob', password: () => 'bob-secret' } },
      { brokers: tls, tls: { caFile: ca } },
    ])
      assert.deepEqual(valuesIn(await open({ topics: topic, ...options }).next()), ['secret'])
    const wrong = { brokers: sasl, sasl: { mechanism: 'PLAIN' as const, username: 'bob', password: 'very-wrong' } }
    await assert.rejects(
      open({ topics: topic, ...wrong }).next(),
      (error) => hasCode(error, 'E_KAFKA_REFUSED') && !/very-wrong/.test(error.message),
    )
  })

  test('F51: a log that was cut off below what was read stops the stream, also once it has grown again', async () => {
    const topic = await feed.topic()
    const five = ['a', 'b', 'c', 'd', 'e'].map((value) => ({ value }))
    await feed.send(topic, five)
    const stream = open({ topics: topic })
    assert.equal((await stream.next()).length, 5)
    await server.kill(0)
    await server.restart(0, topic)
    const isCutOff = (error: unknown): boolean =>
      hasCode(error, 'E_KAFKA_RECORDS_GONE') &&
      /was cut off at offset 0, and batches had read up to 5/.test(error.message)
    await assert.rejects(stream.next(), isCutOff)
    await feed.send(topic, [...five, { value: 'f' }])
    await assert.rejects(stream.next(), isCutOff, 'new records stand where others were read')
  })

  test('a start behind the end of a partition is refused: nothing would come until it is as long', async () => {
    const topic = await feed.topic()
    await feed.send(topic, [{ value: 'a' }])
    const from = (offset: number) => open({ topics: topic, from: [{ topic, partition: 0, offset }] })
    assert.deepEqual(valuesIn(await from(1).next()), [])
    await assert.rejects(
      from(3).next(),
      (error) => hasCode(error, 'E_KAFKA_OPTION') && /offset 3 .* ends at 1/.test(error.message),
    )
  })

  test('a broker that is killed and comes back is waited for', async () => {
    const topic = await feed.topic()
    await feed.send(topic, [{ value: 'before' }])
    const stream = open({ topics: topic })
    assert.deepEqual(valuesIn(await stream.next()), ['before'])
    await server.kill(0)
    const waiting = stream.next()
    await server.restart(0)
    assert.deepEqual(await waiting, [])
    await feed.send(topic, [{ value: 'after' }])
    assert.deepEqual(valuesIn(await stream.next()), ['after'])
  })
}

/** The engine's side: batch after batch, each from where the last one ended. */
class Stream<K, V> {
  readonly source: Source<KafkaRecord<K, V>>
  readonly io = memoryIo()
  #position: Json | null = null
  #time = 0
  last: Cut | null = null

  constructor(source: Source<KafkaRecord<K, V>>) {
    this.source = source
  }

  async next(): Promise<KafkaRecord<K, V>[]> {
    const cut = await this.source.cut({
      time: (this.#time += 1000),
      intervalMs: 1000,
      zeroTime: 0,
      position: this.#position,
      limit: null,
      io: this.io,
    })
    this.#position = cut!.position
    this.last = cut
    return readAll(this.source, cut!.splits, this.io)
  }

  async until(count: number, values: readonly unknown[]): Promise<void> {
    const got: unknown[] = []
    await settled(async () => {
      got.push(...valuesIn(await this.next()))
      return got.length >= count ? true : null
    })
    assert.deepEqual(sorted(got), sorted(values))
  }

  committed(): Promise<void> {
    return this.source.committed!(this.#position, this.io)
  }

  idOf(topic: string): string {
    return (this.#position as Record<string, { id: string }>)[topic].id
  }
}

const valuesIn = <V>(records: readonly KafkaRecord<unknown, V>[]): (V | null)[] => records.map(({ value }) => value)

/** A source of the values alone. */
const valuesOf = <V>(source: Source<KafkaRecord<unknown, V>>): Source<V | null> => ({
  ...source,
  async *read(split, io) {
    for await (const chunk of source.read(split, io)) yield valuesIn(chunk)
  },
})

/** Asks until there is an answer: brokers do much of what they are told a little later. */
async function settled<R>(ask: () => Promise<R | null>): Promise<R> {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await ask()
    if (answer !== null) return answer
    await new Promise((resolve) => {
      setTimeout(resolve, 100)
    })
  }
  throw new Error('never settled')
}

const sorted = (values: readonly unknown[]): string[] => values.map(String).sort()
