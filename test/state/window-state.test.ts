import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashKey } from '../../lib/keys/hash.ts'
import { pairsOf } from '../../lib/shuffle/reader.ts'
import type { WindowSpec } from '../../lib/state/window-spec.ts'
import { WindowState } from '../../lib/state/window-state.ts'
import { withSeeds } from '../support/dice.ts'
import { textOf } from '../support/run.ts'

const KEYS = 20
let calls = 0
const add = (a: unknown, b: unknown): unknown => {
  calls++
  return (a as number) + (b as number)
}
const subtract = (a: unknown, b: unknown): unknown => {
  calls++
  return (a as number) - (b as number)
}

const specOf = (lengthMs: number, changes: Partial<WindowSpec> = {}): WindowSpec => ({
  f: add,
  inverse: null,
  filter: null,
  lengthMs,
  slideMs: 1,
  paneMs: 1,
  zeroTime: 0,
  fires: true,
  snapshots: false,
  ...changes,
})

const paneOf = (value: (key: number) => number): [unknown, unknown][] =>
  Array.from({ length: KEYS }, (_, key) => [`k${key}`, value(key)])

const columnsOf = <P extends readonly (readonly [unknown, unknown])[] | null>(pairs: P) =>
  pairs && { keys: pairs.map(([key]) => key), values: pairs.map(([, value]) => value), hashes: null }

const slid = (window: WindowState, time: number): [unknown, unknown][] => pairsOf(window.slide(time))

/** Calls of user functions per slide, averaged over two whole windows once the first is full. */
function callsPerSlide(spec: WindowSpec): number {
  const window = new WindowState(spec)
  const step = (time: number): void => {
    window.absorb(time, columnsOf(paneOf(() => 1)))
    assert.equal(window.slide(time).keys.length, KEYS)
  }
  for (let time = 1; time <= spec.lengthMs; time++) step(time)
  calls = 0
  for (let time = spec.lengthMs + 1; time <= 3 * spec.lengthMs; time++) step(time)
  return calls / (2 * spec.lengthMs)
}

for (const [form, inverse] of [
  ['without an inverse', null],
  ['with an inverse', subtract],
] as const) {
  test(`a slide ${form} over 600 batches costs what one over 60 costs`, (t) => {
    const [short, long] = [60, 600].map((length) => callsPerSlide(specOf(length, { inverse })))
    t.diagnostic(`${short / KEYS} calls per key and slide over 60 batches, ${long / KEYS} over 600`)
    assert.ok(long <= 1.2 * short, `${long} calls instead of ${short}`)
    assert.ok(long <= 5 * KEYS)
  })
}

test('a window without an inverse is the panes in order, to the last bit, also rebuilt from any slide on', (t) =>
  withSeeds(t, 20, (dice) => {
    const spec = specOf(dice.between(1, 9), { slideMs: dice.between(1, 4) })
    const panes: (readonly [unknown, unknown])[][] = []
    let window = new WindowState(spec)
    const twin = new WindowState(spec)
    for (let time = 1; time <= 40; time++) {
      const pairs = dice.chance(0.15) ? null : paneOf(() => dice.fraction()).filter(() => dice.chance(0.6))
      panes[time] = pairs ?? []
      if (dice.chance(0.2)) window = rebuilt(spec, panes, time - 1)
      for (const each of [window, twin]) each.absorb(time, columnsOf(pairs))
      if (time % spec.slideMs !== 0) continue
      const [mine, theirs] = [slid(window, time), slid(twin, time)].map((result) => result.map(textOf).sort())
      assert.deepEqual(mine, theirs)
      assert.equal(
        mine.length,
        new Set(
          panes
            .slice(Math.max(1, time - spec.lengthMs + 1), time + 1)
            .flat()
            .map(([key]) => key),
        ).size,
      )
    }
  }))

/** What a restarted process makes of the panes inside the window. */
function rebuilt(
  spec: WindowSpec,
  panes: readonly (readonly (readonly [unknown, unknown])[])[],
  until: number,
): WindowState {
  const window = new WindowState(spec)
  const saved = panes
    .map((pairs, time) => ({ time, pairs }))
    .filter(({ time, pairs }) => time > 0 && time > until - spec.lengthMs && time <= until && pairs !== undefined)
  window.restore({ panes: saved, result: null, resultTime: null })
  return window
}

test('many keys at once leave the dictionary with their pane', () => {
  for (const inverse of [null, subtract]) {
    const window = new WindowState(specOf(2, { inverse, filter: ([, value]) => value !== 0 }))
    for (let time = 1; time <= 6; time++) {
      window.absorb(time, columnsOf(Array.from({ length: 300 }, (_, i) => [`${time} ${i}`, 1])))
      window.slide(time)
      assert.ok(window.keys <= 900, `${window.keys} keys at ${time}`)
    }
    for (let time = 7; time <= 9; time++) {
      window.absorb(time, columnsOf([]))
      window.slide(time)
    }
    assert.equal(window.keys, 0)
  }
})

test('what becomes of a key that a slide has shown does not become of the window', () => {
  for (const inverse of [null, subtract]) {
    const window = new WindowState(specOf(3, { inverse }))
    for (let time = 1; time <= 6; time++) {
      window.absorb(time, columnsOf([[['key', 1], 1]]))
      const [[key, value]] = slid(window, time) as [[unknown[], unknown]]
      assert.deepEqual([key, value, window.keys], [['key', 1], Math.min(time, 3), 1])
      key.push('changed')
    }
  }
})

test('keys that left every pane leave the dictionary', () => {
  const window = new WindowState(specOf(3))
  for (let time = 1; time <= 50; time++) {
    window.absorb(time, columnsOf([[`only at ${time}`, 1]]))
    window.slide(time)
    assert.ok(window.keys <= 3)
  }
})

test('with an inverse, keys stay until the filter refuses them', () => {
  const spec = specOf(2, { inverse: subtract })
  const [kept, filtered] = [new WindowState(spec), new WindowState({ ...spec, filter: ([, value]) => value !== 0 })]
  for (let time = 1; time <= 9; time++) {
    for (const window of [kept, filtered]) {
      window.absorb(time, columnsOf(time === 1 ? [['a', 1]] : []))
      window.slide(time)
    }
  }
  assert.deepEqual([kept.keys, filtered.keys], [1, 0])
})

test('with an inverse, the filter is asked about the keys that a slide has changed, once each', () => {
  const asked: unknown[] = []
  const filter = ([key, value]: readonly [unknown, unknown]): boolean => {
    asked.push(key)
    return value !== 0
  }
  const window = new WindowState(specOf(3, { inverse: subtract, filter }))
  const came: [unknown, unknown][][] = [
    [
      ['a', 1],
      ['b', 1],
    ],
    [['c', 1]],
    [],
    [['a', 1]],
    [],
    [],
    [],
    [],
  ]
  const shown = came.map((pairs, i) => {
    window.absorb(i + 1, columnsOf(pairs))
    return window.slide(i + 1).keys
  })
  assert.deepEqual(
    shown.map((keys) => keys.join('')),
    ['ab', 'abc', 'abc', 'ac', 'a', 'a', '', ''],
  )
  assert.deepEqual(asked.join(''), 'abcabca')
})

test('with an inverse, keys that come and go again and again are those of a recount', (t) =>
  withSeeds(t, 30, (dice) => {
    const spec = specOf(dice.between(1, 6), { inverse: subtract, filter: ([, value]) => value !== 0 })
    const window = new WindowState(spec)
    const came: string[][] = []
    for (let time = 1; time <= 60; time++) {
      came[time] = Array.from({ length: KEYS }, (_, key) => `k${key}`).filter(() => dice.chance(0.2))
      window.absorb(time, columnsOf(came[time].map((key) => [key, 1])))
      const inside = came.slice(Math.max(1, time - spec.lengthMs + 1)).flat()
      assert.deepEqual(
        slid(window, time).map(textOf).sort(),
        [...new Set(inside)].map((key) => textOf([key, inside.filter((each) => each === key).length])).sort(),
      )
    }
  }))

test('a batch that never ran is slid past before the next one enters', () => {
  const window = new WindowState(specOf(2, { inverse: subtract }))
  window.absorb(1, columnsOf([['a', 1]]))
  window.slide(1)
  window.absorb(4, columnsOf([['a', 8]]))
  assert.deepEqual(slid(window, 4), [['a', 8]])
})

test('a window that is new in an old app slides on the grid of the app, past batches that never ran', () => {
  for (const first of [103, 104, 105, 106]) {
    const window = new WindowState(specOf(8, { inverse: subtract, slideMs: 4, zeroTime: 2 }))
    // Of each batch a digit of its own; that of 106 runs in the last case only.
    const times = [first, 108, 109, 111, 112, 113, 114, 118]
    for (const [place, time] of times.entries()) {
      window.absorb(time, columnsOf([['a', 10 ** place]]))
      if (time % 4 !== 2) continue
      const inside = times.flatMap((each, at) => (each > time - 8 && each <= time ? [10 ** at] : []))
      assert.deepEqual(slid(window, time), [['a', inside.reduce((a, b) => a + b)]], `from ${first} on, at ${time}`)
    }
  }
})

test('a pane is stored as the same bytes whether its hashes came with it or not, also behind a later one', () => {
  const keys = Array.from({ length: 3_000 }, (_, i) => `k${i}`)
  const columns = (from: number, hashed: boolean) => {
    const some = keys.slice(from)
    return { keys: some, values: some.map((_, i) => i), hashes: hashed ? some.map((key) => hashKey(key) | 0) : null }
  }
  const stored = (hashed: boolean, which: number): Uint8Array => {
    const window = new WindowState(specOf(10))
    const panes = [1, 2].map((time) => window.absorb(time, columns(500 * time, hashed))!)
    return window.encodePane(panes[which])
  }
  for (const which of [0, 1]) assert.ok(Buffer.from(stored(true, which)).equals(stored(false, which)), `pane ${which}`)
})

test('a reduction for which order counts has the values of a window in the order in which they came', (t) =>
  withSeeds(t, 10, (dice) => {
    const joined = (a: unknown, b: unknown): unknown => `${a as string} ${b as string}`
    const spec = specOf(dice.between(4, 20), { f: joined, slideMs: dice.between(1, 3) })
    const window = new WindowState(spec)
    for (let time = 1; time <= 60; time++) {
      window.absorb(time, columnsOf([['a', String(time)]]))
      if (time % spec.slideMs !== 0) continue
      const first = Math.max(1, time - spec.lengthMs + 1)
      const inside = Array.from({ length: time - first + 1 }, (_, i) => first + i)
      assert.deepEqual(slid(window, time), [['a', inside.join(' ')]])
    }
  }))

test('with an inverse, a window rebuilt from a result and the panes since is the one that went on', (t) =>
  withSeeds(t, 20, (dice) => {
    const spec = specOf(dice.between(1, 8), { inverse: subtract })
    const twin = new WindowState(spec)
    const panes: { time: number; pairs: [unknown, unknown][] }[] = []
    const snapshotAt = dice.between(5, 15)
    let result: [unknown, unknown][] = []
    for (let time = 1; time <= 30; time++) {
      const pairs = paneOf((key) => key + time).filter(() => dice.chance(0.7))
      panes.push({ time, pairs })
      twin.absorb(time, columnsOf(pairs))
      const shown = slid(twin, time)
      if (time === snapshotAt) result = shown
      if (time <= snapshotAt) continue
      const window = new WindowState(spec)
      window.restore({
        panes: panes.filter((pane) => pane.time > snapshotAt - spec.lengthMs && pane.time < time),
        result,
        resultTime: snapshotAt,
      })
      window.absorb(time, columnsOf(pairs))
      assert.deepEqual(slid(window, time).map(textOf).sort(), shown.map(textOf).sort())
    }
  }))
