import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ListenerBus, type StreamingListener } from '../../lib/observe/streaming-listener.ts'
import type { Log } from '../../lib/host/log.ts'
import type { EngineEvent } from '../../lib/model/events.ts'
import { newContext, runBatches } from '../support/run.ts'

const methods = [
  'onStreamingStarted',
  'onReceiverStarted',
  'onReceiverError',
  'onReceiverStopped',
  'onBatchSubmitted',
  'onBatchStarted',
  'onBatchCompleted',
  'onOutputOperationStarted',
  'onOutputOperationCompleted',
] as const

const fails = (): never => {
  throw new Error('no metrics')
}

const failing = (how: () => unknown): StreamingListener => Object.fromEntries(methods.map((name) => [name, how]))

test('a listener that throws is told of once by each of its methods, with its line, and the others hear all', () => {
  const told: EngineEvent[] = []
  let heard = 0
  const bus = new ListenerBus()
  bus.add(failing(fails))
  bus.add(failing(() => heard++))
  bus.post('onStreamingStarted', { time: 1 })
  bus.tellTo({ event: (event) => told.push(event) })
  for (const name of methods.slice(1)) bus.post(name, {} as never)
  assert.equal(heard, methods.length)
  assert.deepEqual(
    told.map((event) => 'listener' in event && event.listener),
    methods,
  )
  for (const event of told) {
    assert.equal(event.type, 'listener-failed')
    assert.match(event.message, /^a listener threw in on\w+\(\) \(test\/observe\/[^ ]+\): no metrics; the run goes on$/)
  }
})

test('of a thousand failures of a listener the first, tenth, hundredth and thousandth are told', () => {
  const told: unknown[] = []
  const bus = new ListenerBus()
  bus.tellTo({ event: (event) => told.push((event as { failures?: number }).failures) })
  bus.add({ onBatchCompleted: fails })
  for (let i = 0; i < 1000; i++) bus.post('onBatchCompleted', {} as never)
  assert.deepEqual(told, [1, 10, 100, 1000])
})

test('a listener whose promise is rejected is told of, and does not end the process', async () => {
  const told: EngineEvent[] = []
  const bus = new ListenerBus()
  bus.tellTo({ event: (event) => told.push(event) })
  const rejecting: () => unknown = async () => fails()
  bus.add({ onBatchStarted: rejecting })
  bus.post('onBatchStarted', {} as never)
  await new Promise(setImmediate)
  assert.equal(told.length, 1)
})

test('a program whose listener throws runs on', async () => {
  const { shown, errors } = await runBatches(
    (input, context) => {
      context.addStreamingListener(failing(fails))
      return input()
    },
    [[1], [2], [3]],
  )
  assert.deepEqual(errors, [])
  assert.deepEqual(shown['out'], [[1], [2], [3]])
})

test('what cannot listen is refused where it is added', () => {
  const context = newContext((input) => input(), [[1]], {})
  for (const [listener, message] of [
    [null, /A listener is null/],
    [undefined, /A listener is undefined/],
    [() => {}, /A listener is a function/],
    [{ onBatchCompleted: 5 }, /onBatchCompleted of a listener is a number/],
  ] as const)
    assert.throws(
      () => context.addStreamingListener(listener as never),
      (error: { code: string; message: string; where: { place: string } }) =>
        error.code === 'E_ARGUMENT' && message.test(error.message) && /test\/observe\//.test(error.where.place),
    )
})

test('a listener hears from when it is added until it is removed, once, and no one after the stop', () => {
  const bus = new ListenerBus()
  const heard: string[] = []
  const first = { onStreamingStarted: ({ time }: { time: number }) => void heard.push(`first ${time}`) }
  const second = { onStreamingStarted: ({ time }: { time: number }) => void heard.push(`second ${time}`) }
  assert.deepEqual([bus.hasAny, bus.hears('onStreamingStarted')], [false, false])
  bus.add(first)
  bus.add(first)
  bus.post('onStreamingStarted', { time: 1 })
  bus.add(second)
  bus.post('onStreamingStarted', { time: 2 })
  assert.deepEqual([bus.hasAny, bus.hears('onStreamingStarted'), bus.hears('onBatchStarted')], [true, true, false])
  bus.remove(first)
  bus.post('onStreamingStarted', { time: 3 })
  bus.stop()
  bus.post('onStreamingStarted', { time: 4 })
  assert.deepEqual(heard, ['first 1', 'first 2', 'second 2', 'second 3'])
  assert.deepEqual([bus.hasAny, bus.hears('onStreamingStarted')], [true, false])
})

test('who is removed while an event is delivered still hears it, and that it is delivered is known', () => {
  const bus = new ListenerBus()
  const heard: unknown[] = []
  const second = { onStreamingStarted: () => void heard.push('second') }
  bus.add({
    onStreamingStarted: () => {
      heard.push(bus.delivering)
      bus.remove(second)
    },
  })
  bus.add(second)
  bus.post('onStreamingStarted', { time: 1 })
  bus.post('onStreamingStarted', { time: 2 })
  assert.deepEqual([...heard, bus.delivering], [true, 'second', true, false])
})

test('failures that come before there is a log are told to it first', () => {
  const bus = new ListenerBus()
  bus.add({
    onStreamingStarted: () => {
      throw new Error('too early')
    },
  })
  bus.post('onStreamingStarted', { time: 1 })
  const said: unknown[] = []
  const log = { event: ({ type, failures, level }: any) => void said.push([type, failures, level]) } as Log
  bus.tellTo(log)
  bus.tellTo(log)
  for (let i = 0; i < 9; i++) bus.post('onStreamingStarted', { time: 2 })
  assert.deepEqual(said, [['listener-failed', 1, 'warn'], ['listener-failed', 10, 'warn']]) // prettier-ignore
})
