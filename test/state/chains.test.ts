import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OperatorState, PaneList, StateBlock, StateChain } from '../../lib/model/manifest.ts'
import type { StateWrite } from '../../lib/model/task.ts'
import { chainsFor, nextOperatorState, panesFor } from '../../lib/state/chains.ts'

const paneAt = (time: number, from: number): PaneList['panes'][number] => ({
  time,
  ref: { key: `app/i1/st/pane-${time}-${from}`, len: 8, crc: 0 },
})
const stateOf = (lists: readonly PaneList[]): OperatorState => ({ chains: [], panes: lists })
const timesAfter = (keepPanesAfter: number, newest: number | null): number[] => {
  const before = stateOf([{ from: 0, to: 256, panes: [1, 2, 3].map((time) => paneAt(time, 0)) }])
  const pane = newest === null ? null : paneAt(newest, 0)
  const window = { pane, slideTime: null, keepPanesAfter }
  const after = nextOperatorState(before, [{ operator: 'w', from: 0, to: 256, base: [], block: null, keys: 0, window }])
  return after.panes![0].panes.map(({ time }) => time)
}

test('panes that have left a window are named no more, also where all of them have', () => {
  assert.deepEqual(timesAfter(1, 4), [2, 3, 4])
  assert.deepEqual(timesAfter(3, 4), [4])
  assert.deepEqual(timesAfter(0, 4), [1, 2, 3, 4])
  assert.deepEqual(timesAfter(0, null), [1, 2, 3])
  assert.deepEqual(timesAfter(3, null), [])
})

test('what several ranges had apart comes together in order of time, each pane once', () => {
  const shared = paneAt(2, 0)
  const state = stateOf([
    { from: 0, to: 128, panes: [paneAt(1, 0), shared, paneAt(4, 0)] },
    { from: 128, to: 256, panes: [shared, paneAt(3, 128)] },
  ])
  assert.deepEqual(
    panesFor(state, 0, 256).map(({ time }) => time),
    [1, 2, 3, 4],
  )
})

const block = (batch: number, kind: 'snapshot' | 'delta' = 'delta'): StateBlock => ({
  kind,
  batch,
  ref: { key: `app/i1/st/${batch}`, len: 8, crc: 0 },
  keys: 1,
})
const chain = (from: number, to: number, ...blocks: StateBlock[]): StateChain => ({ from, to, keys: 1, blocks })
const write = (from: number, to: number, changes: Partial<StateWrite> = {}): StateWrite => ({
  operator: 'sums',
  from,
  to,
  base: [],
  block: null,
  keys: 5,
  ...changes,
})

test('a range that is written has its new block on what it had, one without a change what it had', () => {
  const before = { chains: [chain(0, 128, block(1, 'snapshot')), chain(128, 256, block(2, 'snapshot'))] }
  const after = nextOperatorState(before, [write(0, 128, { block: block(3) }), write(128, 256, { keys: 7 })])
  assert.deepEqual(after, {
    chains: [
      { from: 0, to: 128, keys: 5, blocks: [block(1, 'snapshot'), block(3)] },
      { from: 128, to: 256, keys: 7, blocks: [block(2, 'snapshot')] },
    ],
  })
  const snapshot = nextOperatorState(before, [write(0, 256, { block: block(3, 'snapshot') })])
  assert.deepEqual(snapshot.chains, [{ from: 0, to: 256, keys: 5, blocks: [block(3, 'snapshot')] }])
})

test('state has the version that its writes have, and a window the slide of its last result', () => {
  const window = (slideTime: number | null) => ({ pane: null, slideTime, keepPanesAfter: 0 })
  const first = nextOperatorState(null, [
    write(0, 128, { version: 3, window: window(null) }),
    write(128, 256, { version: 3, window: window(4000) }),
  ])
  assert.deepEqual([first.version, first.slideTime], [3, 4000])
  const next = nextOperatorState(first, [write(0, 256, { window: window(null) })])
  assert.deepEqual([next.version, next.slideTime, next.panes], [undefined, 4000, [{ from: 0, to: 256, panes: [] }]])
  const plain = nextOperatorState(null, [write(0, 256)])
  assert.deepEqual(Object.keys(plain), ['chains'])
})

test('a range takes what overlaps it, and not what begins where it ends', () => {
  const all = { chains: [chain(0, 100), chain(100, 200), chain(200, 256)] }
  const of = (from: number, to: number): number[] => chainsFor(all, from, to).map((each) => each.from)
  assert.deepEqual([of(0, 100), of(99, 101), of(100, 200), of(150, 256)], [[0], [0, 100], [100], [100, 200]])
  assert.deepEqual(chainsFor(null, 0, 256), [])
})
