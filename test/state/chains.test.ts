import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OperatorState, PaneList } from '../../lib/model/manifest.ts'
import { nextOperatorState, panesFor } from '../../lib/state/chains.ts'

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
