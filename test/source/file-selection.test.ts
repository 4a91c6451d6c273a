import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  isVisible,
  type ListedFile,
  selectByTime,
  type SelectionRule,
  type SelectionState,
} from '../../lib/source/file-selection.ts'
import { splitFile } from '../../lib/source/file-splits.ts'

const rule: SelectionRule = { intervalMs: 1000, minRememberMs: 2500, newFilesOnly: true }

const file = (path: string, mtimeMs: number): ListedFile => ({ path, mtimeMs, size: 1 })

/** The files of each batch from `first` on, as the directory looks at that time. */
const batches = (
  first: number,
  listings: readonly (readonly ListedFile[])[],
  created = 0,
  changed: Partial<SelectionRule> = {},
): string[][] => {
  let state: SelectionState = { created, recent: [] }
  return listings.map((files, i) => {
    const time = first + i * rule.intervalMs
    const { selected, next } = selectByTime(files, { time, now: time }, state, { ...rule, ...changed })
    state = JSON.parse(JSON.stringify(next)) as SelectionState
    return selected.map(({ path }) => path)
  })
}

test('a file modified exactly at the batch time is in the batch; a later one waits for its own', () =>
  assert.deepEqual(
    batches(1000, [
      [file('a', 1000), file('b', 1001)],
      [file('a', 1000), file('b', 1001)],
    ]),
    [['a'], ['b']],
  ))

test('what was modified up to the creation of the stream stays out, unless old files are wanted', () => {
  const listing = [[file('old', 900), file('at', 1000), file('new', 1001)]]
  assert.deepEqual(batches(2000, listing, 1000), [['new']])
  assert.deepEqual(batches(2000, listing, 1000, { newFilesOnly: false }), [['old', 'at', 'new']])
})

test('a file that becomes visible later than the look-back of whole batches is never taken', () => {
  const shown = [file('late', 1500)]
  assert.deepEqual(batches(2000, [[], [], shown]), [[], [], ['late']])
  assert.deepEqual(batches(2000, [[], [], [], shown, shown]), [[], [], [], [], []])
  assert.deepEqual(batches(9000, [[file('a', 6000), file('b', 6001)]], 0, { newFilesOnly: false }), [['b']])
})

test('a file that changes after it was taken is not taken again while it is remembered', () => {
  const listings = [1000, 2000, 3000, 4000, 5000, 6000].map((time) => [file('a', time)])
  assert.deepEqual(batches(1000, listings), [['a'], [], [], [], [], ['a']])
})

test('batches that go ahead of the clock take each file once, however many of them there are', () => {
  let state: SelectionState = { created: 0, recent: [] }
  const taken: string[] = []
  for (let i = 0; i < 8; i++) {
    const at = { time: 10_000 + i * rule.intervalMs, now: 5000 + 10 * i }
    const { selected, next } = selectByTime([file('a', 4500)], at, state, rule)
    taken.push(...selected.map(({ path }) => path))
    state = JSON.parse(JSON.stringify(next)) as SelectionState
  }
  assert.deepEqual(taken, ['a'])
})

test('a batch ahead of the clock takes what the clock calls past, and nothing that both call future', () => {
  const at = { time: 10_000, now: 5000 }
  const files = [2000, 2001, 5000, 5001, 7000, 7001, 10_000, 10_001].map((mtimeMs) => file(String(mtimeMs), mtimeMs))
  const { selected } = selectByTime(files, at, { created: 0, recent: [] }, rule)
  assert.deepEqual(
    selected.map(({ mtimeMs }) => mtimeMs),
    [2001, 5000, 7001, 10_000],
  )
})

test('after a break a batch looks back as far as the first one would have that did not run', () => {
  const taken = (last: SelectionState, time: number, now: number, ...files: number[]): number[] =>
    selectByTime(
      files.map((mtimeMs) => file(String(mtimeMs), mtimeMs)),
      { time, now },
      last,
      rule,
    ).selected.map(({ mtimeMs }) => mtimeMs)
  const last = { created: 0, last: 12_000, recent: [] }
  assert.deepEqual(taken(last, 20_000, 20_000, 10_000, 10_001, 20_000), [10_001, 20_000])
  // The same by the clock, where that is behind the batches.
  const behind = { created: 0, last: 20_000, clock: 11_000, recent: [] }
  assert.deepEqual(taken(behind, 30_000, 17_000, 9000, 9001, 17_000, 17_001, 18_001), [9001, 17_000, 18_001])
})

test('hidden files are those whose name begins with a dot, wherever they lie', () => {
  assert.deepEqual(['a', '.a', 'd/.a', '.d/a', '_a', 'a.tmp'].map(isVisible), [true, false, false, true, true, true])
})

test('splits cover a file without gap or overlap, in whole units', () => {
  for (const [size, splitBytes, unit] of [
    [0, 10, 1],
    [10, 10, 1],
    [11, 10, 1],
    [101, 10, 1],
    [100, 10, 7],
    [35, 10, 7],
  ] as const) {
    const splits = splitFile({ ...file('f', 0), size }, splitBytes, unit)
    assert.equal(splits[0].start, 0)
    assert.equal(splits.at(-1)!.end, size)
    for (const [i, { start, end }] of splits.entries()) {
      assert.ok(end - start <= Math.max(splitBytes, unit))
      assert.equal(start % unit, 0)
      if (i > 0) assert.equal(start, splits[i - 1].end)
    }
  }
})
