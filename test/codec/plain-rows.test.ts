import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBlock, openBlock } from '../../lib/codec/block.ts'
import { plainPairs, plainRows } from '../../lib/codec/plain-rows.ts'
import { RandomValues, seedOf } from './random-values.ts'

for (const [what, records] of [
  ['nothing', []],
  ['text, numbers and the like', ['text', 7n, undefined, null, -0, NaN, true]],
  [
    'pairs',
    [
      ['a', 1],
      ['b', undefined],
    ],
  ],
  [
    'objects of one shape',
    [
      { page: '/', hits: 1 },
      { page: '/cart', hits: null },
    ],
  ],
] as const) {
  test(`${what}: each reader gets records of its own, as they were when they were taken`, () => {
    const before = structuredClone<unknown>(records) as unknown[]
    const given = structuredClone<unknown>(records) as unknown[]
    const kept = plainRows(given)!
    for (const record of given)
      if (typeof record === 'object' && record !== null) Object.assign(record, { 0: 'changed' })
    const first = kept.rows()
    for (const record of first)
      if (typeof record === 'object' && record !== null) Object.assign(record, { 1: 'changed' })
    first.length = 0
    assert.deepStrictEqual(kept.rows(), before)
  })
}

for (const [what, record] of [
  ['a pair with an object, which may be state', ['a', { n: 1 }]],
  ['an object in an object', { a: { n: 1 } }],
  ['a pair of pairs', ['a', ['b', 1]]],
  ['a date', new Date(0)],
  ['bytes', new Uint8Array(1)],
  ['an array of a class of its own', new (class extends Array {})()],
  ['an array with a hole', new Array(2)],
  ['a function', () => 1],
  ['a symbol', Symbol('s')],
  ['an object of another shape', { b: 1 }],
] as const) {
  test(`${what} takes encoding, which keeps it or says why it cannot be kept`, () => {
    assert.equal(plainRows([{ a: 1 }, record]), null)
    if (what !== 'an object of another shape') assert.equal(plainRows([record]), null)
  })
}

const seed = seedOf()

test(`rows are what reading their block would give (SLUICE_SEED=${seed})`, () => {
  const random = new RandomValues(seed)
  for (let round = 0; round < 300; round++) {
    const width = random.below(4)
    const row = random.pick<() => unknown>([
      () => random.primitive(),
      () => Array.from({ length: width }, () => random.primitive()),
      () => Object.fromEntries(Array.from({ length: width }, (_, i) => [`n${i}`, random.primitive()])),
      () => random.value(),
    ])
    const records = Array.from({ length: random.below(20) }, row)
    const rows = plainRows(records)?.rows()
    if (!rows) continue
    const block = encodeBlock([{ section: 0, columns: [records], count: records.length }])
    assert.deepStrictEqual(rows, openBlock(block, 'the block').read(0, 1)[0])
  }
})

test('pairs in columns are kept as the pairs would be, unless one of them holds something that could change', () => {
  const kept = plainPairs(['a', 'b'], [1, undefined])!
  const [first] = kept.rows() as [string, unknown][]
  first[1] = 'changed'
  assert.deepStrictEqual(kept.rows(), [
    ['a', 1],
    ['b', undefined],
  ])
  assert.equal(plainPairs(['a', 'b'], [1, { n: 1 }]), null)
  assert.equal(plainPairs([['a'], ['b']], [1, 2]), null)
})
