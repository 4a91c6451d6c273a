import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteWriter } from '../../lib/codec/bytes.ts'
import { writeValue } from '../../lib/codec/value.ts'
import { hashKey } from '../../lib/keys/hash.ts'
import { KeyedState } from '../../lib/state/keyed-state.ts'
import { checkKeySizes, type LargeKey } from '../../lib/state/key-sizes.ts'
import type { EngineEvent } from '../../lib/model/events.ts'
import { ProcessLife, World } from '../support/lives.ts'
import { type Build, runBatches } from '../support/run.ts'
import { assertRefusal, assertSilent, SECRET, thrownBy } from '../support/secret.ts'

const LIMIT = 10_000

/** The warnings about a state in which one key holds `bytes` bytes of text, and a thousand others a little. */
function warnings(bytes: number): LargeKey[] {
  const state = new KeyedState()
  for (let i = 0; i < 1000; i++) state.put(state.table.upsert(`key ${i}`), [i, SECRET])
  state.put(state.table.upsert(SECRET), { text: SECRET.padEnd(bytes, 'x') })
  const found: LargeKey[] = []
  checkKeySizes(state.encodeSnapshot(), 'sums', { bytesMax: LIMIT }, (key) => found.push(key))
  return found
}

test('B41: keys of ordinary size are not mentioned, however many they are', () => {
  assert.deepEqual(warnings(4000), [])
})

test('B41, F40: a key above half the limit is mentioned once, by its hash and size', () => {
  const [found, ...others] = warnings(6000)
  assert.deepEqual(
    [found.operator, found.keyHash, found.bytesMax, others],
    ['sums', hashKey(SECRET).toString(16).padStart(8, '0'), LIMIT, []],
  )
  assert.ok(found.bytes > 6000 && found.bytes < 6100, `${found.bytes} bytes`)
  assertSilent(JSON.stringify(found))
})

test('B41: a key above the limit is E_STATE_TOO_LARGE with operator, hash and size', async () => {
  const error = assertRefusal(
    await thrownBy(() => warnings(11_000)),
    'E_STATE_TOO_LARGE',
    /^The state of one key of "sums" takes 110\d\d bytes; 10000 is the most\. The hash of the key is [0-9a-f]{8}\.$/,
  )
  assert.equal(error.where.operator, 'sums')
  assert.equal(error.where.detail, `key hash ${hashKey(SECRET).toString(16).padStart(8, '0')}`)
  assert.ok(error.next.some((choice) => choice.includes('sluice.state.keyBytesMax')))
})

test('B41: the most that a key may take it may take, and half of it without a word', () => {
  const state = new KeyedState()
  const found: LargeKey[] = []
  const put = (bytes: number): void => {
    state.put(state.table.upsert('a'), textOf(bytes))
    checkKeySizes(state.encodeSnapshot(), 'sums', { bytesMax: 2 * LIMIT }, (key) => found.push(key))
  }
  for (const bytes of [LIMIT, LIMIT + 100, 2 * LIMIT]) put(bytes)
  assert.deepEqual(
    found.map(({ bytes }) => bytes),
    [LIMIT + 100, 2 * LIMIT],
  )
  assert.throws(() => put(2 * LIMIT + 1), { code: 'E_STATE_TOO_LARGE' })
})

/** A text that takes so many bytes where it is stored. */
function textOf(bytes: number): string {
  const header = new ByteWriter()
  writeValue(header, 'x'.repeat(bytes))
  return 'x'.repeat(2 * bytes - header.length)
}

test('B41: each key that is too large is found, wherever it stands among others', () => {
  const state = new KeyedState()
  for (let i = 0; i < 20; i++) state.put(state.table.upsert(i), i % 7 === 3 ? 'x'.repeat(6000) : 'x')
  const found: LargeKey[] = []
  checkKeySizes(state.encodeSnapshot(), 'sums', { bytesMax: LIMIT }, (key) => found.push(key))
  assert.deepEqual(
    found.map(({ keyHash }) => keyHash).toSorted(),
    [3, 10, 17].map((key) => hashKey(key).toString(16).padStart(8, '0')).toSorted(),
  )
  for (const id of state.table.ids()) if (state.table.keyAt(id) !== 3) state.remove(id)
  state.saved()
  // What goes is not weighed, and what did not change was weighed before.
  checkKeySizes(state.encodeDelta(), 'sums', { bytesMax: LIMIT }, (key) => found.push(key))
  assert.equal(found.length, 3)
})

const collecting: { readonly [form: string]: Build } = {
  updateStateByKey: (input) =>
    input()
      .map((text: string) => [SECRET, text] as [string, string])
      .updateStateByKey<string[]>((texts, all) => [...(all ?? []), ...texts], { name: 'texts' }),
  'a window': (input) =>
    input()
      .map((text: string) => [SECRET, text] as [string, string])
      .reduceByKeyAndWindow(
        (a, b) => a + b,
        (a, b) => a.slice(b.length),
        3000,
        1000,
        { name: 'texts' },
      ),
}

for (const [form, build] of Object.entries(collecting)) {
  test(
    `B41: a batch after which ${form} would hold too much for one key is not committed, and names batch, ` +
      'operator and partition',
    async () => {
      const batches = [2000, 2000, 11_000].map((length) => ['x'.repeat(length)])
      const run = await runBatches(build, batches, { conf: { 'sluice.state.keyBytesMax': String(LIMIT) } })
      const error = assertRefusal(run.errors[0], 'E_STATE_TOO_LARGE')
      assert.deepEqual([error.where.batch, error.where.operator, typeof error.where.partition], [3, 'texts', 'number'])
      assert.deepEqual(
        run.shown['out'].map((batch) => batch?.length),
        [1, 1],
      )
    },
  )
}

test('B41: a key above half the limit is said in the log, with its operator, hash and size', async () => {
  const events: EngineEvent[] = []
  const bytesMax = 2048
  const build: Build = (input, context) => {
    context.sparkContext.conf.set('sluice.state.keyBytesMax', String(bytesMax))
    return input()
      .map((text: string) => [SECRET, text] as [string, string])
      .updateStateByKey<string>((texts, all) => `${all ?? ''}${texts.join('')}`, { name: 'texts' })
  }
  const log = { event: (event: EngineEvent) => void events.push(event) }
  const life = await ProcessLife.begin(new World(), build, [['a'], ['x'.repeat(1500)]], { log })
  await life.run()
  const [large, ...more] = events.flatMap((event) => (event.type === 'state-large' ? [event] : []))
  assert.deepEqual(
    [large?.operator, large?.keyHash, more],
    ['texts', hashKey(SECRET).toString(16).padStart(8, '0'), []],
  )
  assert.match(large.message, /of "texts" takes more than half of the 2048 bytes that it may$/)
  assertSilent(JSON.stringify(large))
})
