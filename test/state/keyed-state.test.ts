import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBlock, openBlock } from '../../lib/codec/block.ts'
import { hashKey } from '../../lib/keys/hash.ts'
import { KEY_GROUPS, keyGroupOf } from '../../lib/keys/key-group.ts'
import { KeyedState } from '../../lib/state/keyed-state.ts'
import { type Dice, withSeeds } from '../support/dice.ts'
import { textOf } from '../support/run.ts'

const everything = (): boolean => true
const content = (state: KeyedState): string[] =>
  Array.from(state.table.ids(), (id) => textOf([state.table.keyAt(id), state.get(id), state.timeOf(id)])).sort()
const put = (state: KeyedState, key: unknown, value: unknown, time = 0): void =>
  state.put(state.table.upsert(key), value, time)
const remove = (state: KeyedState, key: unknown): void => {
  const id = state.table.find(key)
  if (id >= 0) state.remove(id)
}

/** What another process makes of the blocks. */
function readBack(...blocks: Uint8Array[]): KeyedState {
  const state = new KeyedState()
  for (const [i, block] of blocks.entries()) state.apply(block, `block ${i}`, everything)
  return state
}

test('a snapshot and the deltas after it add up to the state', (t) =>
  withSeeds(t, 20, (dice: Dice) => {
    const state = new KeyedState()
    const blocks = [state.encodeSnapshot()]
    for (let batch = 1; batch <= 8; batch++) {
      if (dice.chance(0.1)) state.clear()
      for (let i = dice.below(30); i > 0; i--) {
        if (dice.chance(0.4)) remove(state, dice.key())
        else put(state, dice.key(), dice.oneOf([dice.value(), { n: dice.value() }, 'text', null]), batch)
      }
      blocks.push(state.encodeDelta())
      state.saved()
      assert.deepEqual(content(readBack(...blocks)), content(state))
    }
    assert.deepEqual(content(readBack(state.encodeSnapshot())), content(state))
  }))

test('groups that are rewritten hold each of their keys once, whatever came and went before', (t) =>
  withSeeds(t, 20, (dice: Dice) => {
    const state = new KeyedState()
    const number = (): number => dice.below(400)
    for (let batch = 1; batch <= 12; batch++) {
      for (let i = dice.below(120); i > 0; i--) {
        if (dice.chance(0.3)) remove(state, number())
        else put(state, number(), batch)
        // Looked up, and nothing put: no trace of it is kept.
        if (dice.chance(0.1)) state.remove(state.table.upsert(-number() - 1))
      }
      const whole = Array.from({ length: KEY_GROUPS }, (_, group) => group).filter(() => dice.chance(0.3))
      const block = openBlock(state.encodeDelta(whole), 'a delta')
      for (const group of whole) {
        const keys = Array.from(state.table.ids(), (id) => state.table.keyAt(id) as number)
        const wanted = keys.filter((key) => keyGroupOf(hashKey(key)) === group)
        const section = group + 2 * KEY_GROUPS
        const written = block.has(section) ? (block.read(section)[0] as number[]) : []
        const inOrder = (a: number, b: number): number => a - b
        assert.deepEqual(written.toSorted(inOrder), wanted.toSorted(inOrder))
      }
      state.saved()
    }
  }))

test('a key that was removed and came back in one batch is there', () => {
  const state = new KeyedState()
  put(state, 'a', 1)
  const snapshot = state.encodeSnapshot()
  state.saved()
  remove(state, 'a')
  put(state, 'a', 2)
  assert.deepEqual(content(readBack(snapshot, state.encodeDelta())), content(state))
})

test('many keys that are removed in one batch are gone, of whatever group they are', () => {
  const state = new KeyedState()
  for (let i = 0; i < 6000; i++) put(state, i, i)
  const snapshot = state.encodeSnapshot()
  state.saved()
  for (let i = 0; i < 6000; i++) if (i % 3 !== 0) remove(state, i)
  put(state, 1, 'again')
  const delta = state.encodeDelta()
  assert.deepEqual(content(readBack(snapshot, delta)), content(state))
  assert.equal(readBack(snapshot, delta).keys, 2001)
})

test('a key that came and went in one batch is not', () => {
  const state = new KeyedState()
  put(state, 'a', 1)
  remove(state, 'a')
  assert.equal(readBack(state.encodeDelta()).keys, 0)
})

test('what becomes of a key in the hands of who gave it, or was shown it, does not become of the state', () => {
  const state = new KeyedState()
  const keys: unknown[] = [['a', 1], { of: ['b'] }, new Date(5), Uint8Array.of(1, 2)]
  for (const key of keys) put(state, key, 'there')
  ;(keys[0] as unknown[]).push(2)
  ;(keys[1] as { of: string[] }).of.push('c')
  ;(keys[2] as Date).setTime(6)
  ;(keys[3] as Uint8Array).fill(9)
  for (const key of state.all().keys) if (Array.isArray(key)) key.length = 0
  for (const key of [['a', 1], { of: ['b'] }, new Date(5), Uint8Array.of(1, 2)])
    assert.equal(state.get(state.table.find(key)), 'there')
  assert.deepEqual(content(readBack(state.encodeSnapshot())), content(state))
})

test('a key that was looked up and removed, and never had state, leaves no trace', () => {
  const state = new KeyedState()
  put(state, 'there', 1)
  state.saved()
  state.remove(state.table.upsert('asked for'))
  assert.equal(state.hasChanges, false)
  assert.equal(state.keys, 1)
})

test('a new key in the place of a removed one has no state of its own yet', () => {
  const state = new KeyedState()
  put(state, 'a', 7)
  remove(state, 'a')
  const id = state.table.upsert('b')
  assert.deepEqual([state.has(id), state.get(id)], [false, undefined])
})

test('a delta holds what changed and nothing else', () => {
  const state = new KeyedState()
  for (let i = 0; i < 1000; i++) put(state, i, i)
  state.saved()
  put(state, 5, 50)
  assert.equal(readBack(state.encodeDelta()).keys, 1)
  assert.equal(state.changes, 1)
  state.saved()
  assert.equal(state.hasChanges, false)
})

test('few keys are one section, a few bytes each; of many each key group has a section', () => {
  const few = new KeyedState()
  for (let i = 0; i < 40; i++) put(few, `w${i}`, 250)
  remove(few, 'w7')
  const [snapshot, delta] = [few.encodeSnapshot(), few.encodeDelta()]
  assert.ok(snapshot.length < 360, `${snapshot.length} bytes`)
  assert.deepEqual(
    [snapshot, delta].map((bytes) => openBlock(bytes, 'few').entries.length),
    [1, 2],
  )
  const many = new KeyedState()
  const sections = (keys: number): number => {
    for (let i = many.keys; i < keys; i++) put(many, i, i)
    return openBlock(many.encodeSnapshot(), 'many').entries.length
  }
  assert.equal(sections(4 * KEY_GROUPS), 1)
  assert.ok(sections(4 * KEY_GROUPS + 1) > KEY_GROUPS / 2)
  assert.equal(sections(5000), KEY_GROUPS)
})

test('of a section for few keys only those of the wanted groups are taken, and taken out', () => {
  const state = new KeyedState()
  for (let i = 0; i < 100; i++) put(state, i, i)
  const snapshot = state.encodeSnapshot()
  state.saved()
  for (let i = 0; i < 100; i += 2) remove(state, i)
  const delta = state.encodeDelta()
  const isLow = (group: number): boolean => group < 100
  const read = new KeyedState()
  read.apply(snapshot, 'the snapshot', isLow)
  read.apply(delta, 'the delta', (group) => group < 50)
  const expected = Array.from({ length: 100 }, (_, i) => i).filter((i) => {
    const group = keyGroupOf(hashKey(i))
    return isLow(group) && (i % 2 === 1 || group >= 50)
  })
  const found = Array.from(read.table.ids(), (id) => read.table.keyAt(id) as number)
  assert.deepEqual(
    found.toSorted((a, b) => a - b),
    expected,
  )
})

test('blocks of earlier versions, with a section for each key group however few there are, are read', () => {
  const section = (key: string, shift = 0): number => keyGroupOf(hashKey(key)) + shift
  const snapshot = encodeBlock(
    ['a', 'b', 'c'].map((key, i) => ({ section: section(key), columns: [[key], [i]], count: 1 })),
  )
  const delta = encodeBlock([
    { section: section('d'), columns: [['d'], [9]], count: 1 },
    { section: section('b', KEY_GROUPS), columns: [['b']], count: 1 },
  ])
  assert.deepEqual(
    content(readBack(snapshot, delta)),
    [
      ['a', 0, 0],
      ['c', 2, 0],
      ['d', 9, 0],
    ]
      .map((each) => textOf(each))
      .sort(),
  )
})
