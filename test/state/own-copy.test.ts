import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registerClassCodec } from '../../lib/codec/class-codec.ts'
import { hasCode } from '../../lib/model/errors.ts'
import { copyIfStorable, ownCopy, sameBytes } from '../../lib/state/own-copy.ts'

test('B43: the promise of an async function is refused as a value that cannot be kept, not copied', async () => {
  const update = async (): Promise<number> => Promise.resolve(1)
  for (const value of [update(), { count: update() }, [update()]]) {
    assert.throws(
      () => ownCopy(value),
      (error) => hasCode(error, 'E_NOT_SERIALISABLE') && /Promise/.test(error.message),
    )
  }
})

test('a copy shares nothing with its value', () => {
  const value = { list: [1, { n: 2 }], map: new Map([['a', new Set([1])]]), at: new Date(5) }
  const copy = ownCopy(value)
  assert.deepEqual(copy, value)
  for (const part of ['list', 'map', 'at'] as const) assert.notEqual(copy[part], value[part])
  assert.notEqual(copy.list[1], value.list[1])
})

test('a copy is of the same kind in each of its parts, and keys of maps and parts of sets are copied as well', () => {
  const bare = Object.assign(Object.create(null) as object, { a: [1] })
  const [key, part] = [{ k: 1 }, [2]]
  const value = { bare, map: new Map([[key, part]]), set: new Set([part]), at: new Date(7), none: null, of: 'text' }
  for (const copyOf of [ownCopy, copyIfStorable]) {
    const copy = copyOf(value)
    assert.deepStrictEqual(copy, value)
    assert.equal(Object.getPrototypeOf(copy.bare), null)
    key.k++
    part.push(3)
    value.at.setTime(8)
    assert.deepEqual(
      [[...copy.map], [...copy.set], copy.at.getTime()],
      [[[{ k: key.k - 1 }, part.slice(0, -1)]], [part.slice(0, -1)], 7],
    )
    part.pop()
    value.at.setTime(7)
  }
})

test('a name that would change a prototype is a name like others in a copy', () => {
  const value = JSON.parse('{"__proto__":{"admin":true},"a":1}') as Record<string, unknown>
  for (const copy of [ownCopy(value), copyIfStorable(value)]) {
    assert.deepEqual(Object.entries(copy), Object.entries(value))
    assert.equal(copy['admin'], undefined)
    copy['__proto__'] = 5
    delete copy['__proto__']
    assert.deepEqual(Object.keys(copy), ['a'])
  }
})

test('a part that could not be stored is handed on as it is, or refused where it would have to be', () => {
  class Own {
    readonly n = 1
  }
  const own = new Own()
  const value = { own, list: [own], map: new Map([['a', own]]) }
  const copy = copyIfStorable(value)
  assert.notEqual(copy, value)
  assert.deepEqual([copy.own === own, copy.list[0] === own, copy.map.get('a') === own], [true, true, true])
  assert.equal(copyIfStorable(own), own)
  assert.throws(() => ownCopy(value), { code: 'E_NOT_SERIALISABLE' })
})

test('what only the stored form can copy is copied through it, in both kinds of copies', () => {
  class Money {
    readonly cents: number[]
    constructor(cents: number[]) {
      this.cents = cents
    }
  }
  registerClassCodec('OwnCopyMoney', { ctor: Money, encode: ({ cents }) => cents, decode: (cents) => new Money(cents) })
  for (const copyOf of [ownCopy, copyIfStorable]) {
    const value = { bytes: Uint8Array.of(1, 2), price: new Money([5]), big: 5n }
    const copy = copyOf(value)
    value.bytes[0] = 9
    value.price.cents[0] = 9
    assert.deepStrictEqual(copy, { bytes: Uint8Array.of(1, 2), price: new Money([5]), big: 5n })
  }
})

test('two values are the same where they are stored as the same bytes', () => {
  assert.equal(sameBytes({ a: [1, 'x'], at: new Date(5) }, { a: [1, 'x'], at: new Date(5) }), true)
  const others: readonly (readonly [unknown, unknown])[] = [
    [1, 2],
    [1, 2n],
    [null, undefined],
    ['a', 'ab'],
    [[1], [1, 2]],
    [{ a: 1 }, { b: 1 }],
    [new Map([['a', 1]]), { a: 1 }],
  ]
  for (const [one, other] of others)
    assert.deepEqual([sameBytes(one, other), sameBytes(other, one), sameBytes(one, one)], [false, false, true])
})
