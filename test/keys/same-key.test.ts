import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashKey } from '../../lib/keys/hash.ts'
import { lookupKey } from '../../lib/keys/lookup.ts'
import { sameKey } from '../../lib/keys/same-key.ts'
import { RandomValues, seedOf } from '../codec/random-values.ts'
import { differentKeys, notKeys, sameKeys } from './keys.ts'

const foundBy = (a: unknown, b: unknown): boolean => new Set([lookupKey(a)]).has(lookupKey(b))

test('B28: 0 and -0, NaN and NaN, and equal dates, bytes, tuples and objects are one key', () => {
  for (const [a, b] of sameKeys()) {
    assert.ok(sameKey(a, b) && sameKey(b, a))
    assert.ok(foundBy(a, b))
  }
})

test('B28: 1 and "1", NFC and NFD, null and undefined and "" and every other two keys are two', () => {
  const keys = differentKeys()
  const again = differentKeys()
  keys.forEach((a, i) =>
    again.forEach((b, j) => {
      assert.equal(sameKey(a, b), i === j, `${i} and ${j}`)
      assert.equal(foundBy(a, b), i === j, `${i} and ${j}`)
    }),
  )
})

test('B28: what cannot be a key cannot be looked up', () => {
  for (const [key, message] of notKeys())
    if (typeof key === 'object') assert.throws(() => lookupKey(key), { code: 'E_KEY', message })
})

test('primitives are looked up as they are', () => {
  for (const key of ['a', '', 1, true, null, undefined, 5n]) assert.equal(lookupKey(key), key)
  assert.ok(Object.is(lookupKey(-0), 0))
})

test('B27: no legal text equals what a structured key is looked up by', () => {
  for (const key of differentKeys()) {
    const lookup = lookupKey(key)
    if (typeof key === 'object' && key !== null) assert.ok(typeof lookup === 'string' && !lookup.isWellFormed())
  }
})

const seed = seedOf()

test(`comparison, look-up and hash agree on random keys (SLUICE_SEED=${seed})`, () => {
  const random = new RandomValues(seed)
  // Few different leaves, so that equal keys are common.
  const key = (depth: number): unknown => {
    const choice = random.below(depth === 0 ? 3 : 5)
    if (choice < 3) return random.pick([0, -0, 1, '1', NaN, null, '', 'a'])
    return choice === 3
      ? random.list(2, () => key(depth - 1))
      : Object.fromEntries(random.list(2, () => [random.pick(['a', 'b']), key(depth - 1)]))
  }
  for (let i = 0; i < 20_000; i++) {
    const [a, b] = [key(2), key(2)]
    const same = sameKey(a, b)
    assert.equal(foundBy(a, b), same)
    if (same) assert.equal(hashKey(a), hashKey(b))
  }
})
