import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { kafkaIsMissing, startKafka } from '../../infra/servers/kafka.ts'
import { kafka } from '../../lib/adapters/kafka/kafka-source.ts'
import { StringDeserializer } from '../../lib/adapters/kafka/record.ts'
import type { Json } from '../../lib/model/json.ts'
import { memoryIo, readAll } from '../../lib/testing/contracts/source.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'
import { type Dice, withSeeds } from '../support/dice.ts'
import { KafkaFeed } from './kafka-feed.ts'

const RECORDS = 20_000
const KEYS = 200
const KILLS = 20

const missing = kafkaIsMissing()
if (missing) test('Kafka, with kills', { skip: missing }, () => {})
else await tests()

async function tests(): Promise<void> {
  const server = await startKafka({ brokers: 3 })
  const { brokers } = server
  const feed = new KafkaFeed(brokers)
  after(async () => {
    await feed.close()
    await server.stop()
  })

  test(
    `F50, F51: ${RECORDS} records from Kafka through state to Kafka, with ${KILLS} kills of the process, one of a ` +
      'broker, and 3 partitions that become 6: each once, in the order of its key',
    (t) =>
      withSeeds(t, 1, async (dice) => {
        const [input, output] = [await feed.topic(3), await feed.topic(2)]
        const args = [await temporaryFolder(t), brokers.join(','), input, output]
        const got = new Outputs(brokers, output)
        let lives = 0
        while ((await got.more()) < RECORDS || lives < KILLS) {
          // Keys of the second half are their own: one that moves to a new partition is in order in each of the two.
          if (lives === KILLS / 2) await addPartitions(input)
          const feeding = lives < KILLS ? feedPart(input, lives) : null
          await life(args, lives < KILLS ? dice : null, async () => (await got.more()) >= RECORDS)
          await feeding
          lives++
          if (lives === 5) await server.kill(1)
          if (lives === 10) await server.restart(1)
          assert.ok(lives < 100, `only ${got.count} records came`)
        }
        assert.equal(await got.more(), RECORDS, 'nothing comes twice')
        const expected = Array.from({ length: RECORDS }, (_, n) => [keyOf(n), `${indexOf(n)} ${n}`].join(' '))
        assert.deepEqual(got.lines.toSorted(), expected.toSorted())
        for (const [key, numbers] of got.byKey)
          assert.deepEqual(
            numbers,
            numbers.toSorted((a, b) => a - b),
            `${key} is in order`,
          )
      }),
  )

  const half = RECORDS / 2
  const keyOf = (n: number): string => (n < half ? `a${n % KEYS}` : `b${n % KEYS}`)
  const indexOf = (n: number): number => Math.floor((n < half ? n : n - half) / KEYS)

  let producer = feed.producer({ idempotent: true })
  let partitions = 3
  after(() => producer.close())

  /** A producer that was there before goes by what it knew. */
  async function addPartitions(topic: string): Promise<void> {
    partitions = 6
    await feed.admin.createPartitions({ topics: [{ name: topic, count: partitions, assignments: null }] })
    await producer.close()
    for (;;) {
      producer = feed.producer({ idempotent: true })
      const { topics } = await producer.metadata({ topics: [topic], forceUpdate: true })
      if (topics.get(topic)!.partitions.filter((each) => each && each.leader >= 0).length === partitions) return
      await producer.close()
    }
  }

  async function feedPart(topic: string, part: number): Promise<void> {
    const [from, until] = [part, part + 1].map((n) => (n * RECORDS) / KILLS)
    for (let n = from; n < until; n += 250) {
      const numbers = Array.from({ length: 250 }, (_, i) => n + i)
      const piece = numbers.map((each) => ({
        key: keyOf(each),
        value: `${each}`,
        partition: (each % KEYS) % partitions,
      }))
      await feed.send(topic, piece, producer)
    }
  }
}

/** Reads the output topic on its own, as one more consumer of committed data. */
class Outputs {
  readonly #source: ReturnType<typeof kafka<string, string>>
  readonly #io = memoryIo()
  #position: Json | null = null
  readonly lines: string[] = []
  readonly byKey = new Map<string, number[]>()

  constructor(brokers: readonly string[], topic: string) {
    const text = { key: StringDeserializer, value: StringDeserializer }
    this.#source = kafka<string, string>({ brokers, topics: topic, startingOffsets: 'earliest', ...text })
  }

  get count(): number {
    return this.lines.length
  }

  async more(): Promise<number> {
    const request = { time: 1000, intervalMs: 1000, zeroTime: 0, position: this.#position, limit: null, io: this.#io }
    const cut = await this.#source.cut(request)
    this.#position = cut!.position
    for (const { key, value } of await readAll(this.#source, cut!.splits, this.#io)) {
      this.lines.push(`${key} ${value}`)
      this.byKey.set(key!, [...(this.byKey.get(key!) ?? []), Number(value!.split(' ')[0])])
    }
    return this.count
  }
}

/** One life of the program: for some batches and a few milliseconds, or until `isDone`. */
function life(args: readonly string[], dice: Dice | null, isDone: () => Promise<boolean>): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const program = fileURLToPath(new URL('./kafka-kill-program.ts', import.meta.url))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const batchesMax = dice ? dice.between(1, 5) : Infinity
  const delayMs = dice ? dice.below(120) : 0
  let batches = 0
  let said = ''
  const kill = (): void => {
    child.kill('SIGKILL')
  }
  // A life without records ends too: the next one is to begin somewhere else.
  const atLatest = setTimeout(kill, 20_000)
  const asking = dice ? null : setInterval(() => void isDone().then((done) => done && kill(), reject), 500)
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  child.stdout.setEncoding('utf8').on('data', (dots: string) => {
    batches += dots.length
    if (batches >= batchesMax) setTimeout(kill, delayMs)
  })
  child.once('error', reject)
  child.once('close', (code, signal) => {
    clearTimeout(atLatest)
    clearInterval(asking ?? undefined)
    if (signal === 'SIGKILL') resolve()
    else reject(new Error(`the program ended with ${code ?? signal}: ${said}`))
  })
  return promise
}
