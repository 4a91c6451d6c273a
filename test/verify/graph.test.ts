import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { OperatorFacts } from '../../lib/model/graph-facts.ts'
import type { Manifest, OperatorState } from '../../lib/model/manifest.ts'
import { faultOfDropped, faultOfFacts } from '../../lib/verify/graph.ts'
import { keys, manifestOf } from './manifests.ts'

const operator = (uid: string, facts: Partial<OperatorFacts> = {}): OperatorFacts => ({
  uid,
  own: true,
  named: true,
  kind: 'narrow',
  parents: [],
  slideMs: 1000,
  ...facts,
})
const graphOf = (...operators: OperatorFacts[]) => ({ format: 1 as const, batchMs: 1000, keyGroups: 256, operators })
const refTo = (time: number) => ({ key: keys.state('w', time / 1000, 'p0', 'r', 'p'), len: 1, crc: 1 })
const windowWith = (times: readonly number[], slideTime?: number): OperatorState => ({
  chains: [],
  panes: [{ from: 0, to: 256, panes: times.map((time) => ({ time, ref: refTo(time) })) }],
  ...(slideTime === undefined ? {} : { slideTime }),
})

test('what a manifest keeps or shows has an operator of its kind in the graph', () => {
  const facts = graphOf(
    operator('sums', { state: { version: 1, migrates: false } }),
    operator('w', { window: { lengthMs: 3000, paneMs: 1000, inverse: false } }),
    operator('lines', { source: { name: 'a', identity: null, receives: false } }),
    operator('print', { output: { guarantee: 'exactly-once' } }),
  )
  const kept: Partial<Manifest> = { state: { sums: { chains: [] }, w: windowWith([]) }, outputs: { print: [] } }
  assert.equal(faultOfFacts(manifestOf(3, kept), facts), null)
  const lost: readonly [Partial<Manifest>, string][] = [
    [{ state: { lines: { chains: [] } } }, 'lines'],
    [{ state: { gone: { chains: [] } } }, 'gone'],
    [{ positions: { lines: 3, print: 3 } }, 'print'],
    [{ positions: { gone: 3 } }, 'gone'],
    [{ outputs: { print: [], sums: [] } }, 'sums'],
    [{ outputs: { gone: [] } }, 'gone'],
  ]
  for (const [changes, name] of lost)
    assert.equal(
      faultOfFacts(manifestOf(3, changes), facts),
      `batch 3 keeps or shows something of "${name}", which its graph does not have`,
    )
})

/** What is said of batch 6 where panes of these times are left out of those that batch 5 kept. */
function leftOut(inverse: boolean, kept: readonly number[], slideTime?: number, zeroTime = 0): string | null {
  const facts = graphOf(operator('other'), operator('w', { window: { lengthMs: 3000, paneMs: 1000, inverse } }))
  const base = manifestOf(5, { state: { w: windowWith([1000, 2000, 3000, 4000, 5000], slideTime) } })
  return faultOfDropped(base, manifestOf(6, { state: { w: windowWith(kept, slideTime) } }), facts, zeroTime)
}
const dropped = (time: number): string =>
  `state of w: batch 6 dropped the pane ${refTo(time).key}, which its window needs`

test('a pane leaves when the window is past it, and not a slide before', () => {
  assert.equal(leftOut(false, [4000, 5000, 6000]), null)
  assert.equal(leftOut(false, [1000, 2000, 3000, 4000, 5000, 6000]), null)
  assert.equal(leftOut(false, [5000, 6000]), dropped(4000))
  assert.equal(leftOut(false, [4000, 6000]), dropped(5000))
})

test('where the result is kept as of an earlier slide, panes stay that lead from there to now', () => {
  assert.equal(leftOut(true, [2000, 3000, 4000, 5000, 6000], 4000), null)
  assert.equal(leftOut(true, [3000, 4000, 5000, 6000], 4000), dropped(2000))
  // Nothing is kept yet: all panes since the zero time are needed.
  assert.equal(leftOut(true, [2000, 3000, 4000, 5000, 6000]), dropped(1000))
  assert.equal(leftOut(true, [2000, 3000, 4000, 5000, 6000], undefined, 4000), null)
})

test('a window that is gone with all of its panes has dropped them', () => {
  const facts = graphOf(operator('w', { window: { lengthMs: 3000, paneMs: 1000, inverse: false } }))
  const base = manifestOf(5, { state: { w: windowWith([3000, 4000]) } })
  assert.equal(faultOfDropped(base, manifestOf(6), facts, 0), dropped(4000))
  assert.equal(faultOfDropped(manifestOf(5), manifestOf(6, { state: { w: windowWith([6000]) } }), facts, 0), null)
})

test('kept records leave when the window is past them, and not before; of others nobody is asked', () => {
  const window = { lengthMs: 3000, paneMs: 1000, inverse: false }
  const keeping = graphOf(operator('plain', { window }), operator('w', { window: { ...window, keeps: 'lines' } }))
  const withKept = (batch: number, times: readonly number[], name = 'lines'): Manifest =>
    manifestOf(batch, { retained: { [name]: times.map((time) => ({ time, parts: [] })) } })
  const said = (times: readonly number[]): string | null =>
    faultOfDropped(withKept(5, [2000, 3000, 4000, 5000]), withKept(6, times), keeping, 0)
  assert.equal(said([4000, 5000, 6000]), null)
  assert.equal(said([3000, 4000, 5000, 6000]), null)
  assert.equal(said([5000, 6000]), 'batch 6 dropped the records of "lines" at 4000, which a window needs')
  assert.equal(said([4000, 6000]), 'batch 6 dropped the records of "lines" at 5000, which a window needs')
  assert.equal(
    faultOfDropped(withKept(5, [5000]), manifestOf(6), keeping, 0),
    'batch 6 dropped the records of "lines" at 5000, which a window needs',
  )
  assert.equal(faultOfDropped(manifestOf(5), withKept(6, [6000]), keeping, 0), null)
  assert.equal(faultOfDropped(withKept(5, [5000], 'others'), manifestOf(6), keeping, 0), null)
})
