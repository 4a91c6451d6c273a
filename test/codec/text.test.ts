import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { registerClassCodec } from '../../lib/codec/class-codec.ts'
import { jsonText } from '../../lib/codec/json-text.ts'
import { pythonText, sparkText } from '../../lib/codec/text.ts'
import { hasCode } from '../../lib/model/errors.ts'
import { RandomValues } from './random-values.ts'

class Money {
  readonly cents: number
  constructor(cents: number) {
    this.cents = cents
  }
}
registerClassCodec<Money, number>('text-test/money', {
  ctor: Money,
  encode: (money) => money.cents,
  decode: (cents) => new Money(cents),
})

const holes = [1, , 3] // oxlint-disable-line no-sparse-arrays -- what this is about
const groups = /(?<ip>\S+) (?<path>\S+)/.exec('10.0.0.1 /')!.groups!

// The table of docs/sinks.md: a value, its text, its Python text, its JSON.
const table: readonly [name: string, value: unknown, text: string, python: string, json: string][] = [
  ['text', 'a "b"', 'a "b"', 'a "b"', '"a \\"b\\""'],
  ['a number', 1.5, '1.5', '1.5', '1.5'],
  ['NaN', NaN, 'NaN', 'nan', '"NaN"'],
  ['an infinity', -Infinity, '-Infinity', '-inf', '"-Infinity"'],
  ['a bigint', 9007199254740993n, '9007199254740993', '9007199254740993', '9007199254740993'],
  ['a boolean', true, 'true', 'True', 'true'],
  ['null', null, 'null', 'None', 'null'],
  ['undefined', undefined, 'None', 'None', 'null'],
  ['a pair', ['a', [1, undefined]], '(a,(1,None))', "('a', (1, None))", '["a",[1,null]]'],
  ['holes', holes, '(1,None,3)', '(1, None, 3)', '[1,null,3]'],
  ['a date', new Date(0), '1970-01-01T00:00:00.000Z', '1970-01-01T00:00:00.000Z', '"1970-01-01T00:00:00.000Z"'],
  ['a Map of texts', new Map([['a', 1]]), 'Map(a -> 1)', "{'a': 1}", '{"a":1}'],
  ['a Map', new Map([[1, [2, 3]]]), 'Map(1 -> (2,3))', '{1: (2, 3)}', '[[1,[2,3]]]'],
  ['a Set', new Set(['a', 'b']), 'Set(a, b)', "{'a', 'b'}", '["a","b"]'],
  ['an empty Set', new Set(), 'Set()', 'set()', '[]'],
  ['bytes', Uint8Array.of(1, 255, 65), '0x01ff41', "b'\\x01\\xffA'", '"Af9B"'],
  ['a Buffer', Buffer.from('hi'), '0x6869', "b'hi'", '"aGk="'],
  ['an ArrayBuffer', Uint8Array.of(7).buffer, '0x07', "b'\\x07'", '"Bw=="'],
  ['a typed array', Float64Array.of(1.5, NaN), '(1.5,NaN)', '(1.5, nan)', '[1.5,"NaN"]'],
  ['an object', { a: 1, b: 'x' }, '{"a":1,"b":"x"}', "{'a': 1, 'b': 'x'}", '{"a":1,"b":"x"}'],
  [
    'no prototype',
    groups,
    '{"ip":"10.0.0.1","path":"/"}',
    "{'ip': '10.0.0.1', 'path': '/'}",
    '{"ip":"10.0.0.1","path":"/"}',
  ],
  [
    'bigint inside',
    { id: 2n ** 60n },
    '{"id":1152921504606846976}',
    "{'id': 1152921504606846976}",
    '{"id":1152921504606846976}',
  ],
  [
    'values inside an object',
    { m: new Map([['a', 1]]), s: new Set(['b']), n: NaN, u: undefined, l: [1, undefined], d: new Date(0) },
    '{"m":Map("a" -> 1),"s":Set("b"),"n":NaN,"u":None,"l":[1,None],"d":"1970-01-01T00:00:00.000Z"}',
    "{'m': {'a': 1}, 's': {'b'}, 'n': nan, 'u': None, 'l': (1, None), 'd': 1970-01-01T00:00:00.000Z}",
    '{"m":{"a":1},"s":["b"],"n":"NaN","l":[1,null],"d":"1970-01-01T00:00:00.000Z"}',
  ],
  [
    'bytes at the ends of what can be shown',
    Uint8Array.of(9, 10, 13, 0x1f, 0x20, 0x27, 0x5c, 0x7e, 0x7f, 0xff),
    '0x090a0d1f20275c7e7fff',
    String.raw`b'\t\n\r\x1f \'\\~\x7f\xff'`,
    '"CQoNHyAnXH5//w=="',
  ],
  ['an instance with a codec', new Money(250), '250', '250', '250'],
  [
    'an own name of every object',
    { toString: 5, ['__proto__']: 1 },
    '{"toString":5,"__proto__":1}',
    "{'toString': 5, '__proto__': 1}",
    '{"toString":5,"__proto__":1}',
  ],
  [
    'another realm',
    runInNewContext('({ a: new Map([["k", 1]]) })'),
    '{"a":Map("k" -> 1)}',
    "{'a': {'k': 1}}",
    '{"a":{"k":1}}',
  ],
]

for (const [name, value, text, python, json] of table) {
  test(`${name}: as text, as Python's text and as JSON`, () => {
    assert.equal(sparkText(value), text)
    assert.equal(pythonText(value), python)
    assert.equal(jsonText(value), json)
  })
}

const formless: readonly [name: string, value: unknown, said: string][] = [
  ['a function', { orders: [1, { onDone: () => 1 }] }, 'record.orders[1].onDone is a function'],
  ['a symbol', [Symbol('s')], 'record[0] is a symbol'],
  ['a promise', { later: Promise.resolve(1) }, 'record.later is a promise'],
  ['a class without fields', new (class Empty {})(), 'record is an instance of Empty, which shows no fields'],
  ['a circle', circle(), 'record.self.self holds itself'],
  ['a toJSON that throws', { at: [{ toJSON: fails }] }, 'record.at[0] fails when it is read (no such field)'],
  [
    'a getter that throws',
    { at: [Object.defineProperty({}, 'y', { get: fails, enumerable: true })] },
    'record.at[0].y fails when it is read (no such field)',
  ],
  ['a proxy that was revoked', { at: [revoked({})] }, 'record.at[0] fails when it is read (Cannot'],
  ['a list that was revoked', { at: revoked([]) }, 'record.at fails when it is read (Cannot'],
]

for (const [name, value, said] of formless) {
  test(`${name} has no form: E_SINK_VALUE says where it is, and why`, () => {
    for (const shown of [sparkText, pythonText, jsonText])
      assert.throws(
        () => shown(value),
        (error) => hasCode(error, 'E_SINK_VALUE') && error.message.startsWith(said),
      )
  })
}

test('whatever state can hold has a text, and JSON that can be read', () => {
  const seed = Date.now()
  const random = new RandomValues(seed)
  console.log(`seed ${seed}`)
  for (let i = 0; i < 2_000; i++) {
    const value = random.value(4)
    assert.equal(typeof sparkText(value), 'string')
    assert.equal(typeof pythonText(value), 'string')
    JSON.parse(jsonText(value))
  }
})

test('a toString that throws is said of the value that has it', () => {
  class Page {
    readonly path = '/'
    toString(): string {
      return fails()
    }
  }
  for (const shown of [sparkText, pythonText])
    assert.throws(
      () => shown([1, new Page()]),
      (error) => hasCode(error, 'E_SINK_VALUE') && error.message.startsWith('record[1] fails when it is read (no such'),
    )
})

function fails(): never {
  throw new Error('no such field')
}

function revoked(value: object): object {
  const { proxy, revoke } = Proxy.revocable(value, {})
  revoke()
  return proxy
}

function circle(): unknown {
  const self: Record<string, unknown> = {}
  self.self = self
  return { self }
}
