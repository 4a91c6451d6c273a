import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeBlock } from '../../lib/codec/block.ts'
import { KeyedState } from '../../lib/state/keyed-state.ts'
import { decodePairs, WindowState } from '../../lib/state/window-state.ts'
import { damaged, damagedUnderItsChecksums } from '../support/damage.ts'
import { type Dice, withSeeds } from '../support/dice.ts'
import { textOf } from '../support/run.ts'
import { assertSilent, SECRET } from '../support/secret.ts'

/** State with texts, tuples and times in it, and a delta upon it that removes and brings back. */
function blocksOf(dice: Dice): { readonly snapshot: Uint8Array; readonly delta: Uint8Array } {
  const state = new KeyedState()
  const times = dice.chance(0.5)
  const put = (): void =>
    state.put(
      state.table.upsert(dice.chance(0.5) ? `${SECRET} ${dice.below(40)}` : dice.key()),
      dice.oneOf([dice.value(), [SECRET, dice.value()], { n: dice.fraction() }]),
      times ? dice.below(1e6) : undefined,
    )
  for (let n = dice.between(1, 60); n > 0; n--) put()
  const snapshot = state.encodeSnapshot()
  state.saved()
  for (const id of state.table.ids()) if (dice.chance(0.3)) state.remove(id)
  for (let n = dice.below(10); n > 0; n--) put()
  return { snapshot, delta: state.encodeDelta() }
}

/** All keys with their state, in any order. */
function contents(blocks: readonly Uint8Array[]): string[] {
  const state = new KeyedState()
  for (const [i, bytes] of blocks.entries()) state.apply(bytes, `block ${i}`, () => true)
  return Array.from(state.table.ids(), (id) => textOf([state.table.keyAt(id), state.get(id)])).sort()
}

/** Nothing is read from damaged bytes, or what was written; whatever is thrown has a code and shows no record. */
function assertSound(read: () => unknown, expected: unknown, code: RegExp): void {
  let found: unknown
  try {
    found = read()
  } catch (error) {
    assert.match(String((error as { code?: unknown }).code), code)
    assertSilent(String((error as Error).message))
    return
  }
  if (expected !== undefined) assert.deepEqual(found, expected)
}

const BLOB = /^E_BLOB_(CORRUPT|TRUNCATED|VERSION)$/
/** With checksums that fit, anything may stand there; a value of another kind may be no key. */
const FORGED = /^E_(BLOB|KEY|CLASS)_?/

test('B45: state that was damaged is the same, or E_BLOB_*', (t) =>
  withSeeds(t, 400, (dice) => {
    const { snapshot, delta } = blocksOf(dice)
    // The whole of another block is what its reference must tell apart.
    const unless = (touched: Uint8Array, other: Uint8Array): string[] | undefined =>
      Buffer.from(touched).equals(other) ? undefined : contents([snapshot, delta])
    const [first, second] = [damaged(dice, snapshot, delta), damaged(dice, delta, snapshot)]
    assertSound(() => contents([first, delta]), unless(first, delta), BLOB)
    assertSound(() => contents([snapshot, second]), unless(second, snapshot), BLOB)
  }))

test('B45: state that was damaged under checksums that fit is some state, or an error with a code', (t) =>
  withSeeds(t, 400, (dice) => {
    const { snapshot, delta } = blocksOf(dice)
    assertSound(
      () => contents([damagedUnderItsChecksums(dice, snapshot), damagedUnderItsChecksums(dice, delta)]),
      undefined,
      FORGED,
    )
  }))

test('B45: a block of another kind in the place of state is E_BLOB_CORRUPT', () => {
  for (const columns of [[], [['a']]]) {
    const block = encodeBlock([{ section: 3, columns, count: columns.length }])
    assert.throws(() => new KeyedState().apply(block, 'app/i/st/op/1.s', () => true), {
      code: 'E_BLOB_CORRUPT',
      message:
        /^section 3 of app\/i\/st\/op\/1\.s has \d columns, which is less than 2: it is a block of another kind\.$/,
    })
    assert.throws(() => decodePairs(block, 'app/i/st/op/1.p', () => true), { code: 'E_BLOB_CORRUPT' })
  }
  assert.throws(
    () => new KeyedState().apply(encodeBlock([{ section: 300, columns: [], count: 0 }]), 'removals', () => true),
    { code: 'E_BLOB_CORRUPT' },
  )
})

/** The panes of two batches of a window. */
function panesOf(dice: Dice): Uint8Array[] {
  const window = new WindowState({
    lengthMs: 3000,
    slideMs: 1000,
    paneMs: 1000,
    zeroTime: 0,
    f: (a, b) => (a as number) + (b as number),
    inverse: null,
    filter: null,
    fires: true,
    snapshots: false,
  })
  return [1000, 2000].map((time) => {
    const pairs = new Map(
      Array.from({ length: dice.between(1, 30) }, () => [
        dice.chance(0.5) ? `${SECRET} ${dice.below(40)}` : dice.below(40),
        dice.value(),
      ]),
    )
    return window.encodePane(
      window.absorb(time, { keys: [...pairs.keys()], values: [...pairs.values()], hashes: null })!,
    )
  })
}

test('B45: a pane that was damaged is the same, or E_BLOB_*', (t) =>
  withSeeds(t, 400, (dice) => {
    const [one, other] = panesOf(dice)
    const pairs = (bytes: Uint8Array): string[] =>
      decodePairs(bytes, 'pane', () => true)
        .map(textOf)
        .sort()
    const touched = damaged(dice, one, other)
    assertSound(() => pairs(touched), Buffer.from(touched).equals(other) ? undefined : pairs(one), BLOB)
    assertSound(() => pairs(damagedUnderItsChecksums(dice, one)), undefined, FORGED)
  }))
