import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ByteReader, ByteWriter } from '../../lib/codec/bytes.ts'
import { decodeColumn, encodeColumn, Tuples } from '../../lib/codec/column.ts'
import { CountedTexts } from '../../lib/codec/column-text.ts'
import { RandomValues, seedOf } from './random-values.ts'

function encoded(values: ArrayLike<unknown>): Uint8Array {
  const w = new ByteWriter(1)
  encodeColumn(w, values, values.length)
  return w.copy()
}

function roundTrip(values: ArrayLike<unknown>): unknown[] {
  const r = new ByteReader(encoded(values), 'the column')
  const back = decodeColumn(r, values.length)
  assert.equal(r.remaining, 0)
  return back
}

const keeps = (values: unknown[]): void => assert.deepStrictEqual(roundTrip(values), values)

test('B36: numbers keep every bit that matters, and take the fewest bytes', () => {
  keeps([1, 2, -128, 127])
  keeps([1, 128, -32768])
  keeps([1, 2 ** 31 - 1, -(2 ** 31)])
  keeps([1, 2 ** 31])
  keeps([0, -0])
  keeps([-0, -0, -0])
  keeps([NaN, NaN])
  keeps([0.5, NaN, -Infinity, -0, 1])
  assert.ok(encoded(Array.from({ length: 1000 }, (_, i) => i % 100)).length < 1010)
  assert.ok(encoded(new Array(1000).fill('the same')).length < 20)
})

test('text that is bytes already is written as the strings would be', () => {
  for (const texts of [['one'], ['a', 'bcd', 'ÿ'], ['', 'x'.repeat(200)], ['ab', 'cd', 'ef']]) {
    const bytes = Buffer.concat(texts.map((text) => Buffer.from(String.fromCharCode(text.length) + text, 'latin1')))
    let next = 0
    const starts = Uint32Array.from(texts, ({ length }) => (next += 1 + length) - 1 - length)
    const w = new ByteWriter(1)
    encodeColumn(w, new CountedTexts({ bytes, starts }), texts.length)
    assert.deepEqual(w.copy(), encoded(texts))
  }
})

test('tuples that lie in columns are written as the tuples would be', () => {
  for (const tuples of [
    [],
    [['a', 1]],
    [
      ['a', 1],
      ['b', -0],
      ['日本', undefined],
    ],
    [
      [{ n: 1 }, [1, 'x']],
      [{ n: 2 }, [2, 'y']],
    ],
  ]) {
    const columns = [tuples.map(([key]) => key), tuples.map(([, value]) => value)]
    const w = new ByteWriter(1)
    encodeColumn(w, new Tuples(columns), tuples.length)
    assert.deepEqual(w.copy(), encoded(tuples))
  }
})

test('B38: what cannot be written of tuples in columns is named by row and place', () => {
  const columns = [
    ['a', 'b'],
    [1, Symbol('s')],
  ]
  assert.throws(() => encodeColumn(new ByteWriter(), new Tuples(columns), 2, 'out'), /out\[1\]\[1\]/)
})

test('a Float64Array is a column of numbers, and comes back as one when asked', () => {
  for (const numbers of [
    [1, 2, 3],
    [0.5, -0, NaN],
    [7, 7],
  ]) {
    const bytes = encoded(new Float64Array(numbers))
    assert.deepStrictEqual(decodeColumn(new ByteReader(bytes, 'the column'), numbers.length), numbers)
    const typed = decodeColumn(new ByteReader(bytes, 'the column'), numbers.length, { numbers: 'typed' })
    assert.deepStrictEqual(typed, new Float64Array(numbers))
  }
})

test('texts of any length and alphabet come back', () => {
  keeps(['', 'a', 'exactly13char', 'twelve chars', 'x'.repeat(1000)])
  keeps(['é', 'ÿ', 'latin only'.repeat(5) + 'é'])
  keeps(['abc', '日本', 'x'.repeat(50) + '日'])
  keeps(['fine', '\ud800'])
})

test('a text that was read does not keep the bytes it came from, nor its neighbours', () => {
  const column = Array.from({ length: 900 }, (_, i) => Buffer.alloc(1000, `${i} `).toString())
  const before = retained()
  const kept = Array.from({ length: 30 }, () => roundTrip(column)[7])
  assert.ok(retained() - before < 9_000_000, 'most of the 27 megabytes of neighbours are gone')
  assert.equal(kept[29], column[7])
})

test('rows of one shape become columns and come back as rows', () => {
  keeps([
    ['a', 1],
    ['b', 2],
    ['c', 3],
  ])
  keeps([[1], [2]])
  keeps([
    ['a', [1, { x: 1 }]],
    ['b', [2, { x: 2 }]],
  ])
  keeps([
    { id: 1, at: { x: 1, y: 0.5 } },
    { id: 2, at: { x: 2, y: 1.5 } },
  ])
  keeps([{}, {}])
  keeps([{ a: undefined }, { a: null }])
  keeps([
    { 2: 'b', 1: 'a' },
    { 1: 'c', 2: 'd' },
  ])
})

test('B36: rows that differ in shape come back too', () => {
  keeps([
    [1, 2],
    [1, 2, 3],
  ])
  // eslint-disable-next-line no-sparse-arrays
  const hole = [1, ,]
  keeps([[1, undefined], hole])
  keeps([
    { a: 1, b: 2 },
    { b: 2, a: 1 },
  ])
  assert.deepEqual(
    Object.keys(
      roundTrip([
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ])[1] as object,
    ),
    ['b', 'a'],
  )
  keeps([{ a: 1 }, Object.assign(Object.create(null), { a: 2 })])
  keeps([{ a: 1 }, null, [1], 'x', undefined, 1n, new Date(0), new Map([[1, 2]])])
  keeps([JSON.parse('{"__proto__": 1}'), JSON.parse('{"__proto__": 2}')])
  keeps([[], []])
})

test('B38: what cannot be written is named by row and path, in whichever form its column has', () => {
  const fails = (values: unknown[], message: RegExp): void =>
    assert.throws(() => encodeColumn(new ByteWriter(), values, values.length, 'visits'), {
      code: 'E_NOT_SERIALISABLE',
      message,
    })
  fails([1, () => 1], /^visits\[1\] is a function/)
  fails([() => 1, () => 1], /^visits\[0\] is a function/)
  fails(
    [
      ['a', { f: 1 }],
      ['b', { f: () => 1 }],
    ],
    /^visits\[1\]\[1\]\.f is a function/,
  )
  fails([{ a: { b: 1 } }, { a: { b: Symbol('s') } }], /^visits\[1\]\.a\.b is a symbol/)
  fails(
    [
      { a: 1 },
      {
        get a(): number {
          throw new Error('not now')
        },
      },
    ],
    /^visits\[1\]\.a fails when it is read \(not now\)/,
  )
  fails([{ a: 1 }, new Proxy({ a: 1 }, {})], /^visits\[1\] is a Proxy/)
})

test('B40: circular rows and rows of more than 200 levels are refused', () => {
  const row: unknown[] = [1]
  row.push(row)
  assert.throws(() => encodeColumn(new ByteWriter(), [row, row], 2), { code: 'E_CIRCULAR' })
  const deep = Array.from({ length: 100_000 }).reduce<unknown>((inner) => [inner, 1], 1)
  assert.throws(() => encodeColumn(new ByteWriter(), [deep, deep], 2), { code: 'E_DEPTH' })
})

const seed = seedOf()

test(`random columns come back as they were (SLUICE_SEED=${seed})`, () => {
  const random = new RandomValues(seed)
  for (let i = 0; i < 3000; i++) keeps(random.column(random.below(12)))
})

test(`B45: damaged bytes of a column give other values or E_BLOB_*, never anything else (SLUICE_SEED=${seed})`, () => {
  const random = new RandomValues(seed)
  for (let i = 0; i < 5000; i++) {
    const values = random.column(1 + random.below(12))
    const bytes = encoded(values)
    for (let flips = 1 + random.below(3); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256)
    try {
      decodeColumn(new ByteReader(bytes.subarray(0, 1 + random.below(bytes.length)), 'the column'), values.length)
    } catch (error) {
      assert.match((error as { code: string }).code, /^E_(BLOB|CLASS)_/)
    }
  }
})

function retained(): number {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return process.memoryUsage().heapUsed
}
