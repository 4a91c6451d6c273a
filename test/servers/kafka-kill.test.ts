import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { kafkaIsMissing, startKafka } from '../../infra/servers/kafka.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'
import { type Dice, withSeeds } from '../support/dice.ts'
import { KafkaFeed } from './kafka-feed.ts'
import { KafkaNumbers, keysOutOfOrder, NumberedOutputs } from './kafka-numbers.ts'

const RECORDS = 20_000
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
        const numbers = new KafkaNumbers(feed, input, RECORDS)
        t.after(() => numbers.close())
        const got = new NumberedOutputs(brokers, output)
        let lives = 0
        while ((await got.more()) < RECORDS || lives < KILLS) {
          if (lives === KILLS / 2) await numbers.addPartitions()
          const [from, until] = [lives, lives + 1].map((n) => (n * RECORDS) / KILLS)
          const feeding = lives < KILLS ? numbers.send(from, until) : null
          await life(args, lives < KILLS ? dice : null, async () => (await got.more()) >= RECORDS)
          await feeding
          lives++
          if (lives === 5) await server.kill(1)
          if (lives === 10) await server.restart(1)
          assert.ok(lives < 100, `only ${got.lines.length} records came`)
        }
        assert.equal(await got.more(), RECORDS, 'nothing comes twice')
        assert.deepEqual(got.lines.toSorted(), numbers.expected.sort())
        assert.deepEqual(keysOutOfOrder(got.lines), [])
      }),
  )
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
