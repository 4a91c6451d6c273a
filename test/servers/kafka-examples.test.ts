import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaIsMissing, startKafka } from '../../infra/servers/kafka.ts'
import { kafka } from '../../lib/adapters/kafka/kafka-source.ts'
import { StringDeserializer } from '../../lib/adapters/kafka/record.ts'
import { memoryIo, readAll } from '../../lib/testing/contracts/source.ts'
import { checkErrorCountsOf } from '../examples/log-errors.ts'
import { type Printed, runExample, type RunningExample, temporaryFolder } from '../examples/running-example.ts'
import { rowsOf } from '../chaos/rows.ts'
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

  /** Sends lines until the program has printed a batch of them: it begins with what comes after its start. */
  async function counted(program: RunningExample, topic: string, line = 'to be or not to be'): Promise<void> {
    const batch = (): Printed | undefined => program.printed.find(({ lines }) => lines.length > 0)
    const counted = program.until('a batch of words was printed', batch)
    const ended = counted.then(Boolean, () => true)
    do await feed.send(topic, [{ value: line }])
    while (!(await Promise.race([ended, sleep(500, false)])))
    const { lines } = await counted
    const once = Number(/\(or,(\d+)\)/.exec(lines.join())?.[1])
    assert.deepEqual([...lines].sort(), [`(be,${2 * once})`, `(not,${once})`, `(or,${once})`, `(to,${2 * once})`])
  }

  test('direct-kafka-word-count counts the words of several topics, batch by batch', async (t) => {
    const topics = [await feed.topic(2), await feed.topic(1)]
    await counted(runExample(t, 'direct-kafka-word-count', brokers, 'class3_consumer', topics.join(',')), topics[1])
  })

  test('program 15: kafka-word-count counts the words of a topic', async (t) => {
    const topic = await feed.topic(1)
    await counted(runExample(t, 'kafka-word-count', brokers, topic), topic)
  })

  test('program 48: direct-kafka-pairs prints keys and values of two topics, from its start on', async (t) => {
    const topics = [await feed.topic(1), await feed.topic(1)]
    await feed.send(topics[0], [{ key: 'old', value: 'before' }])
    const program = runExample(t, 'direct-kafka-pairs', brokers, topics.join(','), 0.5)
    await program.untilMore(1)
    const pairs = (): string[] => [...program.stdout.matchAll(/^\(\w+,\w+\)$/gm)].map(([pair]) => pair)
    await feed.send(topics[0], [{ key: 'a', value: 'one' }])
    await feed.send(topics[1], [{ key: 'b', value: 'two' }])
    await program.until('both pairs', () => pairs().length >= 2)
    assert.equal(await program.stop(), 0)
    assert.deepEqual(pairs().sort(), ['(a,one)', '(b,two)'])
  })

  for (const [program, name] of [
    [6, 'kafka-log-errors'],
    [7, 'kafka-log-errors-pprint'],
  ] as const)
    test(`program ${program}: ${name} counts the errors of a window as they come and go`, async (t) => {
      const topic = await feed.topic(1)
      await checkErrorCountsOf(runExample(t, name, brokers, topic, temporaryFolder(), 2.4, 0.8), {
        send: (...lines) =>
          feed.send(
            topic,
            lines.map((value) => ({ value })),
          ),
      })
    })

  test('program 35: the union of twenty receivers of one group equals one', async (t) => {
    const topics = [await feed.topic(2), await feed.topic(1), await feed.topic(1)]
    const program = runExample(t, 'receiver-kafka-word-count', brokers, topics.join(','), 1)
    await counted(program, topics[2], 'to,be,or,not,to,be')
  })

  test('program 36: direct-kafka-words-between-commas counts words of two topics', async (t) => {
    const topics = [await feed.topic(1), await feed.topic(1)]
    const program = runExample(t, 'direct-kafka-words-between-commas', brokers, topics.join(','), 1)
    await counted(program, topics[1], 'to,be,or,not,to,be')
  })

  test('program 38: a program that keeps its own offsets goes on from them, and counts each word once', async (t) => {
    const topic = await feed.topic(2)
    const file = join(temporaryFolder(), 'offsets.db')
    const send = (from: number, partitions: number): Promise<void> =>
      feed.send(
        topic,
        Array.from({ length: 50 }, (_, i) => ({ value: `word${(from + i) % 10}`, partition: i % partitions })),
      )
    const words = (): number => Number(rowsOf(file, 'SELECT sum(n) FROM counts')[0]?.[0] ?? 0)
    await send(0, 2)
    const first = runExample(t, 'kafka-own-offsets', brokers, topic, file, 0.5)
    await first.until('the first words are stored', () => words() === 50)
    await first.kill()
    await send(50, 1)
    const second = runExample(t, 'kafka-own-offsets', brokers, topic, file, 0.5)
    await second.until('the other words are stored', () => words() >= 100)
    assert.equal(await second.stop(), 0)
    assert.deepEqual(rowsOf(file, 'SELECT * FROM offsets ORDER BY partition'), [
      [0, 75],
      [1, 25],
    ])
    assert.deepEqual(
      rowsOf(file, 'SELECT n FROM counts').map(([n]) => n),
      Array.from({ length: 10 }, () => 10),
    )
  })

  test('kafka-exactly-once, killed now and then: who reads what is committed sees each total once', async (t) => {
    const [input, output] = [await feed.topic(2), await feed.topic(1)]
    const dir = temporaryFolder()
    const totals = async (): Promise<string[]> => {
      const text = { key: StringDeserializer, value: StringDeserializer }
      const source = kafka<string, string>({ brokers, topics: output, startingOffsets: 'earliest', ...text })
      const io = memoryIo()
      const cut = await source.cut({ time: 1, intervalMs: 1, zeroTime: 0, position: null, limit: null, io })
      return (await readAll(source, cut!.splits, io)).map(({ key, value }) => `${key} ${value}`)
    }
    const until = async (count: number): Promise<void> => {
      for (let tries = 0; tries < 120 && (await totals()).length < count; tries++) await sleep(250)
    }
    const run = (): RunningExample => runExample(t, 'kafka-exactly-once', brokers, input, output, 200, '--dir', dir)
    for (let n = 1; n <= 3; n++) {
      const program = run()
      await feed.send(input, [{ key: 'ann', value: '5' }])
      await until(n)
      await program.kill()
    }
    const last = run()
    await feed.send(input, [{ key: 'bob', value: '7' }])
    await until(4)
    assert.equal(await last.stop(), 0)
    assert.deepEqual(await totals(), ['ann 5', 'ann 10', 'ann 15', 'bob 7'])
  })
}
