import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { StandardInputReceiver } from '../../../lib/adapters/local/standard-input-receiver.ts'
import type { Json } from '../../../lib/model/json.ts'
import { settingsOf } from '../../../lib/model/settings/read.ts'
import { SparkConf } from '../../../lib/model/spark-conf.ts'
import { receiverSource } from '../../../lib/source/receiver/receiver-source.ts'
import { memoryIo, readAll } from '../../../lib/testing/contracts/source.ts'

/** A receiver of what is written into `input`, in a process that takes a batch every 200 ms. */
async function receiving(t: TestContext, input: PassThrough, conf: Readonly<Record<string, string>> = {}) {
  const clock = new ManualClock()
  const io = memoryIo(clock)
  const source = receiverSource(new StandardInputReceiver({}, () => input as unknown as NodeJS.ReadStream))
  const heard: string[] = []
  await source.receiver!.start({
    io,
    streamId: 0,
    position: null,
    settings: settingsOf(new SparkConf(conf)),
    events: {
      started: () => {},
      error: ({ lastErrorMessage }) => heard.push(lastErrorMessage),
      stopped: ({ lastErrorMessage }) => heard.push(lastErrorMessage),
      exhausted: () => heard.push('exhausted'),
    },
  })
  const stop = (): Promise<void> => source.receiver!.stop(false)
  t.after(stop)
  let position: Json | null = null
  const received: string[] = []
  const batch = async (): Promise<void> => {
    await clock.advance(200)
    const cut = (await source.cut({ time: clock.now(), intervalMs: 200, zeroTime: 0, position, limit: null, io }))!
    position = cut.position
    received.push(...(await readAll(source, cut.splits, io)))
  }
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) await batch()
  }
  return { received, heard, until, batch, stop }
}

test('lines are records, the last one too without its end, and then there is nothing more to come', async (t) => {
  const input = new PassThrough()
  const { received, heard, until } = await receiving(t, input)
  input.write('one\ntw')
  input.write('o\r\n')
  await until(() => received.length === 2)
  assert.deepEqual(heard, [])
  input.end('three')
  await until(() => received.length === 3 && heard.length === 1)
  assert.deepEqual([received, heard], [['one', 'two', 'three'], ['exhausted']])
})

test('what has ended before anyone reads it has nothing to come, and is not waited for', async (t) => {
  const input = new PassThrough()
  input.resume().end()
  await once(input, 'end')
  const { received, heard, until } = await receiving(t, input)
  await until(() => heard.length === 1)
  assert.deepEqual([received, heard], [[], ['exhausted']])
})

test('while too much waits nothing is read, and whoever writes waits as well', async (t) => {
  const input = new PassThrough({ highWaterMark: 16 })
  const { received, until, batch } = await receiving(t, input, { 'spark.streaming.receiver.maxRate': '10' })
  const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`)
  input.write(`${lines.slice(0, 50).join('\n')}\n`)
  input.write(`${lines.slice(50).join('\n')}\n`)
  await batch()
  assert.ok(received.length < 50 && input.isPaused(), `${received.length} received`)
  await until(() => received.length === 100)
  assert.deepEqual(received, lines)
})

test('after a stop nothing more is read: it is there for the next one', async (t) => {
  const input = new PassThrough()
  const first = await receiving(t, input)
  input.write('one\n')
  await first.until(() => first.received.length === 1)
  await first.stop()
  assert.deepEqual([input.isPaused(), input.listenerCount('data'), input.listenerCount('end')], [true, 0, 0])
  input.write('two\n')
  const second = await receiving(t, input)
  await second.until(() => second.received.length === 1)
  assert.deepEqual([first.received, second.received], [['one'], ['two']])
})

test('a stop while too much waits leaves what was not read as well', async (t) => {
  const input = new PassThrough()
  const { batch, stop, received } = await receiving(t, input, { 'spark.streaming.receiver.maxRate': '10' })
  input.write('line\n'.repeat(50))
  await batch()
  await stop()
  // What waited is let go by the stop, and its turn comes.
  for (let i = 0; i < 5; i++) await batch()
  assert.ok(received.length < 50 && input.isPaused(), `${received.length} received`)
})

test('input that breaks off is an error of its receiver', async (t) => {
  const input = new PassThrough()
  const { heard, until } = await receiving(t, input)
  input.destroy(new Error('EIO'))
  await until(() => heard.length > 0)
  assert.deepEqual(heard, ['Standard input cannot be read any more - EIO'])
})
