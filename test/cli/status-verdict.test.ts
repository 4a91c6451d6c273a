import assert from 'node:assert/strict'
import { test } from 'node:test'
import { created } from '../../lib/checkpoint/transition.ts'
import { judge } from '../../lib/cli/status-verdict.ts'
import type { Control } from '../../lib/model/control.ts'
import type { Head } from '../../lib/model/head.ts'

const NOW = Date.parse('2026-01-01T12:00:00Z')
const going: Control = { paused: null, clearHalt: null }

/** An app whose last batch ended so many ms ago. */
const headOf = (agoMs: number, changes: Partial<Head> = {}): Head => ({
  ...created({
    app: 'clicks',
    inc: 'i',
    graph: 'g',
    intervalMs: 10_000,
    zeroTime: NOW - agoMs - 40_000,
    conf: {},
    holder: 'box:1:a',
    leaseUntil: NOW + 30_000,
  }),
  committed: 4,
  tick: 4,
  ...changes,
})

const cases: readonly [string, Head, Control, { isTicked?: boolean; isGone?: boolean }, string, number][] = [
  ['one whose next batch is not due', headOf(5000), going, {}, 'keeping up', 0],
  ['one that has had no batch yet', headOf(5000, { committed: 0 }), going, {}, 'starting', 0],
  ['one whose batch is late by more than an interval', headOf(25_000), going, {}, 'behind by 15.0 s', 3],
  ['one that has shown nothing for minutes', headOf(600_000), going, {}, 'no batch for 10 m 00 s', 4],
  ['a directory that nobody holds', headOf(600_000, { holder: null }), going, {}, 'does not run', 0],
  [
    'a directory held until next year, by a clock that was ahead',
    headOf(600_000, { leaseUntil: NOW + 365 * 86_400_000 }),
    going,
    {},
    'does not run',
    0,
  ],
  ['a directory whose process is gone', headOf(600_000), going, { isGone: true }, 'does not run', 0],
  ['a stage between two ticks', headOf(55_000, { holder: null }), going, { isTicked: true }, 'keeping up', 0],
  ['a stage that missed a tick', headOf(90_000, { holder: null }), going, { isTicked: true }, 'behind by 1 m 20 s', 3],
  [
    'a stage that nothing wakes',
    headOf(3_600_000, { holder: null }),
    going,
    { isTicked: true },
    'no batch for 1 h 00 m',
    4,
  ],
  ['a stage that catches up after a break', headOf(600_000), going, { isTicked: true }, 'behind by 9 m 50 s', 3],
  [
    'a stage whose coordinators come and go without a batch',
    headOf(600_000, { idle: 2 }),
    going,
    { isTicked: true },
    'no batch for 10 m 00 s',
    4,
  ],
  [
    'one that somebody paused',
    headOf(600_000),
    { ...going, paused: { since: NOW, by: 'ann' } },
    {},
    'paused since 2026-01-01T12:00:00.000Z by ann',
    4,
  ],
  [
    'one that halted, whoever paused it',
    headOf(0, { halt: { reason: 'state is gone', batch: 4 } }),
    { ...going, paused: { since: NOW, by: 'ann' } },
    {},
    'halted at #4: state is gone',
    4,
  ],
]

for (const [what, head, control, { isTicked = false, isGone = false }, words, exitCode] of cases)
  test(`${what}: "${words}", exit code ${exitCode}`, () => {
    const verdict = judge(head, control, { now: NOW, isTicked, isGone: () => isGone })
    assert.deepEqual([verdict.words, verdict.exitCode], [words, exitCode])
  })
