import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StagedRecords } from '../../../lib/runtime/task/staged-records.ts'

const ref = { key: 'app/i/out/1', len: 0, crc: 0 }
const staged = (...records: unknown[]): (() => unknown[]) | null => {
  const all = new StagedRecords()
  all.keep(1, ref, records)
  return all.of(ref)
}

test('pairs and plain records are handed over, each time as a copy that belongs to who asked', () => {
  const pair: [string, number] = ['a', 1]
  const give = staged(pair, 'text', 7n, undefined, null, -0, NaN)!
  const first = give()
  ;(first[0] as unknown[])[1] = 2
  first.length = 1
  assert.deepEqual(give(), [['a', 1], 'text', 7n, undefined, null, -0, NaN])
  assert.deepEqual(pair, ['a', 1])
})

for (const [what, record] of [
  ['an object', { n: 1 }],
  ['a pair with an object, which may be state', ['a', { n: 1 }]],
  ['a pair of pairs', ['a', ['b', 1]]],
  ['a date', new Date(0)],
  ['bytes', new Uint8Array(1)],
  ['an array of a class of its own', new (class extends Array {})()],
  ['a function', () => 1],
] as const) {
  test(`${what} takes decoding: what a function changes of it must change nothing else`, () => {
    assert.equal(staged('a', record), null)
  })
}

test('records of a batch are gone with the next one, and unknown ones are read', () => {
  const all = new StagedRecords()
  all.keep(1, ref, ['a'])
  all.keep(2, { ...ref, key: 'app/i/out/2' }, ['b'])
  assert.equal(all.of(ref), null)
  assert.deepEqual(all.of({ ...ref, key: 'app/i/out/2' })!(), ['b'])
})
