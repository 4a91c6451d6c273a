import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CountedTexts } from '../../lib/codec/column-text.ts'
import { hashKey } from '../../lib/keys/hash.ts'
import { KeyRows } from '../../lib/keys/key-rows.ts'
import { KeyTable } from '../../lib/keys/key-table.ts'
import { lookupKey } from '../../lib/keys/lookup.ts'
import { RandomValues, seedOf } from '../codec/random-values.ts'
import { differentKeys, notKeys, sameKeys } from './keys.ts'

test('keys are numbered as they first appear', () => {
  const table = new KeyTable()
  assert.deepEqual(
    ['a', 'b', 'a', 'c', 'b'].map((key) => table.upsert(key)),
    [0, 1, 0, 2, 1],
  )
  assert.equal(table.size, 3)
  assert.deepEqual([table.find('c'), table.find('d')], [2, -1])
  assert.deepEqual([table.keyAt(1), table.hashAt(1)], ['b', hashKey('b')])
  assert.equal(table.upsertHashed('d', hashKey('d')), 3)
})

test('B26: __proto__, constructor and toString are counted like any other key', () => {
  const table = new KeyTable()
  assert.deepEqual(
    ['__proto__', 'constructor', 'toString', '__proto__'].map((key) => table.upsert(key)),
    [0, 1, 2, 0],
  )
  assert.equal(table.keyAt(0), '__proto__')
})

test('B28: every kind of key has an entry of its own, and finds it again', () => {
  const table = new KeyTable()
  differentKeys().forEach((key, id) => assert.equal(table.upsert(key), id))
  differentKeys().forEach((key, id) => assert.equal(table.upsert(key), id))
  for (const [a, b] of sameKeys()) assert.equal(table.upsert(a), table.upsert(b))
  assert.ok(Object.is(new KeyTable().upsert(-0), 0))
})

test('B28: -0 comes back as 0', () => {
  const table = new KeyTable()
  assert.ok(Object.is(table.keyAt(table.upsert(-0)), 0))
})

test('B28: a table that keeps bytes knows and gives back the same keys', () => {
  const table = new KeyTable(0, new KeyRows())
  differentKeys().forEach((key, id) => assert.equal(table.upsert(key), id))
  differentKeys().forEach((key, id) => assert.equal(table.upsert(key), id))
  const given = new KeyTable()
  for (const key of differentKeys()) given.upsert(key)
  for (const id of given.ids()) assert.deepStrictEqual(table.keyAt(id), given.keyAt(id))
  for (const [a, b] of sameKeys()) assert.equal(table.upsert(a), table.upsert(b))
})

test('text of any length and any characters comes back from bytes as it was, also where removed text was moved', () => {
  const table = new KeyTable(0, new KeyRows())
  const texts = ['', 'a', 'ÿ', 'Ā', 'a\u0000', '\ud83d\ude00', 'x'.repeat(255), 'x'.repeat(256), 'ÿ'.repeat(255)]
  texts.forEach((text, id) => assert.equal(table.upsert(text), id))
  for (let i = 0; i < 20_000; i++) table.upsert(`text that goes ${i}`)
  for (let i = 0; i < 20_000; i += 2) table.remove(table.find(`text that goes ${i}`))
  for (let i = 1; i < 20_000; i += 4) table.remove(table.find(`text that goes ${i}`))
  texts.forEach((text, id) => assert.equal(table.find(text), id))
  texts.forEach((text, id) => assert.equal(table.keyAt(id), text))
  for (let i = 3; i < 20_000; i += 4)
    assert.equal(table.keyAt(table.find(`text that goes ${i}`)), `text that goes ${i}`)
  for (let i = 0; i < 20_000; i += 2) assert.equal(table.find(`text that goes ${i}`), -1)
})

test('touching keys changes nothing, whether they are there or not', () => {
  for (const rows of [null, new KeyRows()]) {
    const table = new KeyTable(0, rows)
    for (const key of ['a', 3, 'Ā']) table.upsert(key)
    const hashes = ['a', 3, 'Ā', 'b', null].map((key) => hashKey(key) | 0)
    table.touch(hashes, 0, hashes.length)
    assert.deepEqual([table.size, table.find('a'), table.find(3), table.find('Ā'), table.find('b')], [3, 0, 1, 2, -1])
  }
})

test('keys lie as bytes only where all that are asked for do, short ones and long ones', () => {
  const rows = new KeyRows()
  const table = new KeyTable(0, rows)
  const long = 'so long that it does not fit beside the others'
  for (const key of ['a', 'bc', 3, 'Ā', long, '', 'exactly seventeen']) table.upsert(key)
  const texts = (...ids: number[]): string[] | null => {
    const lying = rows.textsOf(Int32Array.from(ids))
    const texts = lying && new CountedTexts(lying)
    return texts && ids.map((_, i) => texts.textAt(i))
  }
  assert.deepEqual(texts(1, 0, 5, 6), ['bc', 'a', '', 'exactly seventeen'])
  assert.deepEqual(texts(4, 0, 4), [long, 'a', long])
  assert.deepEqual(texts(), [])
  for (const id of [2, 3]) assert.deepEqual([texts(0, id), texts(4, id)], [null, null])
})

test('a number and a mark beside a key stay its own while other keys come and go', () => {
  const rows = new KeyRows()
  const table = new KeyTable(0, rows)
  for (let i = 0; i < 5000; i++) {
    const id = table.upsert(i % 3 === 0 ? `a key that is kept elsewhere ${i}` : `k${i}`)
    rows.setNumber(id, i + 0.5)
    rows.setMark(id, i % 251)
  }
  for (let id = 0; id < 5000; id += 2) table.remove(id)
  for (let id = 1; id < 5000; id += 2)
    assert.deepEqual(
      [rows.numberAt(id), rows.markAt(id), table.hashAt(id)],
      [id + 0.5, id % 251, hashKey(table.keyAt(id))],
    )
})

test('B28: what cannot be a key changes nothing', () => {
  const table = new KeyTable()
  for (const [key, message] of notKeys()) assert.throws(() => table.upsert(key), { code: 'E_KEY', message })
  assert.equal(table.size, 0)
})

test('keys of every kind with one hash are told apart, also when one of them is removed', () => {
  const long = 'which lies elsewhere, as it has no room in its row'
  const kinds: readonly ((i: number) => unknown)[] = [
    (i) => `key ${i}`,
    (i) => `key ${i} ${long}`,
    (i) => `ключ ${i}`,
    (i) => i - 7,
    (i) => (i === 3 ? NaN : i + 0.5),
    (i) => [i, 'a'],
    (i) => ({ id: i }),
    (i) => [null, undefined, true, false][i] ?? new Date(i),
  ]
  for (const rows of [null, new KeyRows()]) {
    const table = new KeyTable(0, rows)
    for (const hash of [0, 0xffffffff, 31]) {
      const keys = kinds.flatMap((keyOf) => Array.from({ length: 20 }, (_, i) => keyOf(i)))
      const ids = keys.map((key) => table.upsertHashed(key, hash))
      assert.equal(new Set(ids).size, keys.length)
      for (const gone of [7, 27, 47, 67, 87, 107, 127, 147]) table.remove(ids[gone])
      for (const [i, key] of keys.entries()) {
        const isGone = i % 20 === 7
        assert.equal(table.findHashed(key, hash), isGone ? -1 : ids[i])
        if (!isGone) assert.deepEqual(table.keyAt(ids[i]), key)
      }
    }
  }
})

test('a removed id goes to the next new key', () => {
  const table = new KeyTable()
  for (const key of ['a', 'b', 'c']) table.upsert(key)
  table.remove(1)
  assert.deepEqual([...table.ids()], [0, 2])
  assert.deepEqual([table.size, table.idLimit, table.isLive(1), table.find('b')], [2, 3, false, -1])
  assert.equal(table.upsert('d'), 1)
  assert.equal(table.upsert('b'), 3)
  assert.deepEqual([...table.ids()], [0, 1, 2, 3])
})

test('clear forgets everything and starts again at 0', () => {
  const table = new KeyTable(100)
  for (let i = 0; i < 1000; i++) table.upsert(i)
  table.remove(5)
  table.clear()
  assert.deepEqual([table.size, table.idLimit, table.find(3), table.ids().length], [0, 0, -1, 0])
  assert.equal(table.upsert(999), 0)
})

const seed = seedOf()

test(`a table and a Map agree after any upserts, removals and clears (SLUICE_SEED=${seed})`, () => {
  const random = new RandomValues(seed)
  for (let round = 0; round < 60; round++) {
    const table = new KeyTable(random.pick([0, 1000]), random.pick([null, new KeyRows()]))
    const ids = new Map<unknown, number>()
    const universe = random.pick([10, 300, 5000])
    const key = random.pick<() => unknown>([
      () => random.below(universe),
      () => `k${random.below(universe)}`,
      () => `${random.pick(['é', '\u0100', 'a longer text of some dozens of characters, '])}${random.below(universe)}`,
      () => [random.below(universe), 'x'],
      () => random.primitive(),
    ])
    for (let step = 0; step < 3000; step++) {
      const k = key()
      const known = ids.get(lookupKey(k))
      assert.equal(table.find(k), known ?? -1)
      if (random.next() < 0.4 && known !== undefined) {
        table.remove(known)
        ids.delete(lookupKey(k))
      } else {
        const id = table.upsert(k)
        assert.equal(id, known ?? id)
        assert.ok(id < table.idLimit)
        ids.set(lookupKey(k), id)
      }
      if (random.next() < 0.0005) {
        table.clear()
        ids.clear()
      }
      assert.equal(table.size, ids.size)
    }
    assert.deepEqual(
      [...table.ids()],
      [...ids.values()].sort((a, b) => a - b),
    )
    for (const id of table.ids()) assert.equal(ids.get(lookupKey(table.keyAt(id))), id)
  }
})
