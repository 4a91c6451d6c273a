import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashKey } from '../../lib/keys/hash.ts'
import { differentKeys, notKeys, sameKeys } from './keys.ts'

test('B28: equal keys have equal hashes', () => {
  for (const [a, b] of sameKeys()) assert.equal(hashKey(a), hashKey(b))
})

test('B28: different keys have different hashes, as far as 32 bits go', () => {
  const hashes = new Set(differentKeys().map(hashKey))
  assert.equal(hashes.size, differentKeys().length)
})

test('B28: functions, symbols and instances of classes are E_KEY, which names them', () => {
  for (const [key, message] of notKeys()) assert.throws(() => hashKey(key), { code: 'E_KEY', message })
})

test('an invalid Date is E_VALUE, and a circular key E_DEPTH', () => {
  assert.throws(() => hashKey([new Date(NaN)]), { code: 'E_VALUE' })
  const circle: unknown[] = []
  circle.push(circle)
  assert.throws(() => hashKey(circle), { code: 'E_DEPTH' })
})

test('the null key hashes to group 0', () => assert.equal(hashKey(null) >>> 24, 0))

// State that was written stays where it is only as long as these numbers do.
test('hashes are the same for ever', () => {
  const hashes = [
    '',
    'a',
    'word',
    'k00000000000001',
    'é',
    0,
    1,
    -1,
    0.5,
    1e300,
    NaN,
    true,
    undefined,
    12345678901234567890n,
    new Date(1e12),
  ].map(hashKey)
  assert.deepEqual(
    hashes,
    [
      2872998923, 444641715, 3956802879, 791712853, 3136788073, 2628190328, 1822669166, 4206817657, 1234735191,
      4151858367, 2942071113, 1908616597, 1207018163, 2219072791, 835444551,
    ],
  )
  assert.deepEqual(
    [['/', 12], { a: 1, b: ['x'] }, new Uint8Array([1, 2, 3]), []].map(hashKey),
    [400420193, 2877961784, 3109755315, 3600780253],
  )
})

test('hashes are unsigned 32-bit integers', () => {
  for (const key of differentKeys()) assert.equal(hashKey(key), hashKey(key) >>> 0)
})

test('keys that count up spread over all key groups and over the low bits alike', () => {
  const families: ((i: number) => unknown)[] = [
    (i) => i,
    (i) => -i,
    (i) => i * 256,
    (i) => i / 8,
    (i) => `${i}`,
    (i) => `user-${i}`,
    (i) => `k${`${i}`.padStart(14, '0')}`,
    (i) => ['/', i],
    (i) => ({ id: i }),
  ]
  for (const family of families) {
    const keys = 25_600
    const high = new Uint32Array(256)
    const low = new Uint32Array(256)
    const seen = new Set<number>()
    for (let i = 0; i < keys; i++) {
      const hash = hashKey(family(i))
      seen.add(hash)
      high[hash >>> 24]++
      low[hash & 255]++
    }
    assert.ok(keys - seen.size <= 3, `${family}: ${keys - seen.size} collisions`)
    // 100 expected in each with a deviation of 10; these are six deviations away.
    for (const counts of [high, low])
      assert.ok(Math.min(...counts) > 40 && Math.max(...counts) < 160, `${family}: ${counts}`)
  }
})
