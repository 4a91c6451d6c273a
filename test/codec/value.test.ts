import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteReader, ByteWriter } from '../../lib/codec/bytes.ts'
import { registerClassCodec } from '../../lib/codec/class-codec.ts'
import { readValue, writeValue } from '../../lib/codec/value.ts'
import type { ErrorCode } from '../../lib/model/error-codes.ts'
import { hasCode } from '../../lib/model/errors.ts'
import { RandomValues, seedOf } from './random-values.ts'

const written = (value: unknown): Uint8Array => {
  const w = new ByteWriter(1)
  writeValue(w, value)
  return w.copy()
}

const roundTrip = (value: unknown): unknown => {
  const r = new ByteReader(written(value), 'the value')
  const back = readValue(r)
  assert.equal(r.remaining, 0)
  return back
}

const keeps = (value: unknown): void => assert.deepStrictEqual(roundTrip(value), value)

const refuses = (value: unknown, code: ErrorCode, message: RegExp): void =>
  assert.throws(
    () => writeValue(new ByteWriter(), value, 'state'),
    (error) => hasCode(error, code) && message.test(error.message),
  )

class Money {
  readonly cents: number
  constructor(cents: number) {
    this.cents = cents
  }
}
class Loud extends Money {}

test('B36: undefined, NaN, infinities, -0, big integers and every primitive come back as they were', () => {
  for (const value of [undefined, null, true, false, 0, -0, 1, -1, NaN, Infinity, -Infinity, 0.1, 5e-324]) keeps(value)
  for (const value of [2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 53, 0n, -1n, 2n ** 200n, -(2n ** 64n)])
    keeps(value)
})

test('B36: any text comes back, half surrogate pairs included', () => {
  for (const text of [
    '',
    'a',
    'é',
    '日本',
    '😀',
    '\ud800',
    'a\udfffb',
    '\0',
    '\ufeff',
    'x'.repeat(100),
    'é'.repeat(100),
  ])
    keeps(text)
})

test('B36: dates, maps, sets, bytes, typed arrays and sparse arrays come back as they were', () => {
  keeps({
    at: new Date(-1),
    seen: new Map<unknown, unknown>([
      [{ a: 1 }, new Set([NaN, [1]])],
      ['x', new Map()],
    ]),
  })
  keeps([new Uint8Array([1, 2]), Buffer.from('abc'), new ArrayBuffer(3), new DataView(new ArrayBuffer(2))])
  keeps([
    new Float64Array([NaN, -0]),
    new Int8Array([-1]),
    new Uint8ClampedArray([255]),
    new BigInt64Array([-1n]),
    new Float32Array(0),
  ])
  keeps([new Uint32Array(new Uint32Array([1, 2, 3]).buffer, 4, 1)])
  keeps([, 1, , undefined, ,]) // eslint-disable-line no-sparse-arrays
  keeps(new Array(3))
  assert.equal((roundTrip(new Array(4294967295)) as unknown[]).length, 4294967295)
})

test('B25: an own property called __proto__ stays an own property and changes no prototype', () => {
  const value = JSON.parse('{"__proto__": {"admin": true}, "constructor": 1, "toString": 2}') as object
  const back = roundTrip(value) as { admin?: unknown }
  assert.deepStrictEqual(back, value)
  assert.equal(Object.getPrototypeOf(back), Object.prototype)
  assert.equal(back.admin, undefined)
  keeps(Object.assign(Object.create(null), { a: 1 }))
})

test('B44: properties keep their order', () => {
  assert.deepEqual(Object.keys(roundTrip({ b: 1, a: 2, 10: 3, 9: 4 }) as object), ['9', '10', 'b', 'a'])
})

test('one object held in two places is written twice and is no circle', () => {
  const shared = { n: 1 }
  keeps([shared, shared, { again: shared }])
})

test('B37: an invalid Date is refused with its path', () =>
  refuses({ at: [new Date(NaN)] }, 'E_VALUE', /^state\.at\[0\] is an invalid Date/))

test('B38: functions, symbols, promises, weak maps, proxies and getters that throw are refused with their path', () => {
  refuses({ orders: [1, 2, 3, { onDone() {} }] }, 'E_NOT_SERIALISABLE', /^state\.orders\[3\]\.onDone is a function/)
  refuses(Symbol('s'), 'E_NOT_SERIALISABLE', /^state is a symbol/)
  refuses([Promise.resolve()], 'E_NOT_SERIALISABLE', /^state\[0\] is an instance of Promise/)
  refuses({ 'a b': new WeakMap() }, 'E_NOT_SERIALISABLE', /^state\["a b"\] is an instance of WeakMap/)
  refuses({ p: new Proxy({}, {}) }, 'E_NOT_SERIALISABLE', /^state\.p is a Proxy/)
  const trap = {
    get x(): number {
      throw new Error('not now')
    },
  }
  refuses([trap], 'E_NOT_SERIALISABLE', /^state\[0\]\.x fails when it is read \(not now\)/)
})

test('B39: an instance of a class is refused by name until the class has a codec', () => {
  refuses({ price: new Money(5) }, 'E_NOT_SERIALISABLE', /^state\.price is an instance of Money/)
  refuses(new Error('x'), 'E_NOT_SERIALISABLE', /an instance of Error/)
  registerClassCodec('test.money', {
    ctor: Money,
    encode: (money) => money.cents,
    decode: (cents: number) => new Money(cents),
  })
  keeps({ price: new Money(5), all: [new Money(-1)] })
  refuses(new Loud(1), 'E_NOT_SERIALISABLE', /an instance of Loud/)
  assert.throws(() => registerClassCodec('test.money', { ctor: Loud, encode: () => 0, decode: () => new Loud(0) }), {
    code: 'E_CLASS_CODEC',
  })
})

test('a stored class that this process does not know is refused by name', () => {
  const bytes = written(new Money(5))
  bytes[bytes.indexOf('m'.charCodeAt(0))] = 'h'.charCodeAt(0)
  assert.throws(() => readValue(new ByteReader(bytes, 'the value')), {
    code: 'E_CLASS_CODEC',
    message: /"test\.honey"/,
  })
})

test('B40: circular values and values of more than 200 levels are refused with their path', () => {
  const order: { items: unknown[] } = { items: [] }
  order.items.push({ order })
  refuses(order, 'E_CIRCULAR', /^state\.items\[0\]\.order is state again/)
  const nested = (levels: number): unknown =>
    Array.from({ length: levels }).reduce<unknown>((inner) => ({ n: inner }), 1)
  keeps(nested(200))
  refuses(nested(201), 'E_DEPTH', /200 levels, from state\.n\.n/)
  refuses(nested(100_000), 'E_DEPTH', /200 levels/)
})

test('a refused value leaves the next one unharmed', () => {
  const w = new ByteWriter()
  assert.throws(() => writeValue(w, { a: [{ b: Symbol('s') }] }))
  const start = w.length
  writeValue(w, { a: [1] })
  assert.deepEqual(readValue(new ByteReader(w.copy().subarray(start), 'the value')), { a: [1] })
})

const seed = seedOf()

test(`random values come back as they were (SLUICE_SEED=${seed})`, () => {
  const random = new RandomValues(seed)
  for (let i = 0; i < 3000; i++) keeps(random.value(4))
})

test(`B45: damaged bytes of a value give another value or E_BLOB_*, never anything else (SLUICE_SEED=${seed})`, () => {
  const random = new RandomValues(seed)
  for (let i = 0; i < 5000; i++) {
    const bytes = written(random.value(3))
    for (let flips = 1 + random.below(3); flips > 0; flips--) bytes[random.below(bytes.length)] = random.below(256)
    try {
      readValue(new ByteReader(bytes.subarray(0, 1 + random.below(bytes.length)), 'the value'))
    } catch (error) {
      assert.match((error as { code: string }).code, /^E_(BLOB|CLASS)_/)
    }
  }
})
