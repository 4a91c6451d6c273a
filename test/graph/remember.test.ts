import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultCheckpointMs, rememberDurations } from '../../lib/graph/remember.ts'
import { type DStream, seconds, StreamingContext } from '../../lib/index.ts'

const newContext = (): StreamingContext => new StreamingContext({}, seconds(1))

/** How long each of these streams is remembered, s. */
function remembered(context: StreamingContext, streams: readonly DStream<any>[]): number[] {
  const all = rememberDurations(context.graph)
  return streams.map(({ node }) => all.get(node)! / 1000)
}

test('state is checkpointed at the first multiple of its slide from ten seconds on', () =>
  assert.deepEqual(
    [1, 3000, 4000, 5000, 9999, 10_000, 10_001].map(defaultCheckpointMs),
    [10_000, 12_000, 12_000, 10_000, 19_998, 10_000, 10_001],
  ))

test('a stream is remembered for its slide, as it was told, and as long as windows below it look back', () => {
  const context = newContext()
  const lines = context.socketTextStream('localhost', 1)
  const words = lines.map((line) => line)
  const first = words.window(seconds(5), seconds(2))
  const second = first.window(seconds(6), seconds(4))
  assert.deepEqual(remembered(context, [lines, words, first, second]), [15, 15, 10, 4])
  words.remember(seconds(15))
  assert.deepEqual(remembered(context, [lines, words, first, second]), [15, 15, 10, 4])
  words.remember(seconds(16))
  assert.deepEqual(remembered(context, [lines, words, first, second]), [16, 16, 10, 4])
  context.remember(seconds(7))
  assert.deepEqual(remembered(context, [lines, words, first, second]), [18, 18, 13, 7])
})

test('state is remembered for twice its checkpoint interval, be that its own or the usual one', () => {
  const context = newContext()
  const pairs = context.socketTextStream('localhost', 1).map((line): [string, number] => [line, 1])
  const sums = pairs.updateStateByKey((values: readonly number[]) => values.length)
  assert.deepEqual(remembered(context, [pairs, sums]), [20, 20])
  sums.checkpoint(seconds(3))
  assert.deepEqual(remembered(context, [pairs, sums]), [6, 6])
})
