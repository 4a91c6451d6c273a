import assert from 'node:assert/strict'
import { test } from 'node:test'
import { delayOf, forLater, isCovered, isStale, ticksAhead } from '../../../lib/runtime/coordinator/wakes.ts'

const at = (time: string): number => Date.parse(`2026-01-01T${time}Z`)
const times = (ticks: readonly { readonly at: number; readonly delaySeconds: number }[]): string[] =>
  ticks.map(({ at: time, delaySeconds }) => `${new Date(time).toISOString().slice(14, 23)} +${delaySeconds}`)

test('a minute is sent ahead as the batch times after it, each with the seconds until then', () => {
  const grid = { zeroTime: 0, intervalMs: 10_000 }
  assert.deepEqual(times(ticksAhead({ from: at('10:00:00'), until: at('10:01:00'), now: at('10:00:00') }, grid)), [
    '00:10.000 +10',
    '00:20.000 +20',
    '00:30.000 +30',
    '00:40.000 +40',
    '00:50.000 +50',
    '01:00.000 +60',
  ])
})

test('no delay ends before its batch time, and of those that have passed the newest stands for all', () => {
  const grid = { zeroTime: 500, intervalMs: 7500 }
  assert.deepEqual(times(ticksAhead({ from: at('10:00:00'), until: at('10:01:00'), now: at('10:00:33.2') }, grid)), [
    '00:30.500 +0',
    '00:38.000 +5',
    '00:45.500 +13',
    '00:53.000 +20',
  ])
})

test('minutes that follow each other send every batch time once, on any grid', () => {
  for (const [zeroTime, intervalMs] of [
    [0, 5000],
    [1234, 5000],
    [999, 7001],
    [at('09:58:58'), 59_999],
    [12, 12_345],
  ]) {
    const minutes = Array.from({ length: 30 }, (_, i) => at('10:00:17') + i * 60_000)
    const sent = minutes.flatMap((from) =>
      ticksAhead({ from, until: from + 60_000, now: from }, { zeroTime, intervalMs }),
    )
    const gaps = sent.slice(1).map((tick, i) => tick.at - sent[i].at)
    assert.deepEqual(new Set(gaps), new Set([intervalMs]))
  }
})

test('F04: a tick that is older than two intervals is dropped, and an event never is', () => {
  const now = at('16:00:00')
  assert.equal(isStale({ kind: 'tick', at: at('15:59:40') }, now, 10_000), false)
  assert.equal(isStale({ kind: 'tick', at: at('15:59:39') }, now, 10_000), true)
  assert.equal(isStale({ kind: 'tick', at: at('10:00:00') }, now, 10_000), true)
  assert.equal(isStale({ kind: 'minute', at: at('15:58:30') }, now, 10_000), false)
  assert.equal(isStale({ kind: 'minute', at: at('10:00:00') }, now, 10_000), true)
  assert.equal(isStale({ kind: 'minute', at: at('14:30:00') }, now, 3_600_000), false)
  assert.equal(isStale({ kind: 'event', needs: null, tries: 1000 }, now, 10_000), false)
})

test('an event that found a batch under way needs the one after that, however often it waits', () => {
  const first = forLater([{ kind: 'event', needs: null, tries: 0 }], 7)
  assert.deepEqual(first, { kind: 'event', needs: 9, tries: 1 })
  assert.deepEqual(
    [7, 8, 9, 10].map((committed) => isCovered(first, committed)),
    [false, false, true, true],
  )
  assert.deepEqual(forLater([first], 8), { kind: 'event', needs: 9, tries: 2 })
  assert.equal(isCovered({ kind: 'event', needs: null, tries: 0 }, 1_000_000), false)
})

test('events that wait together wait as one, for the batch that all of them need', () => {
  const [older, newer] = [
    { kind: 'event', needs: 9, tries: 4 },
    { kind: 'event', needs: null, tries: 0 },
  ] as const
  assert.deepEqual(forLater([older, newer], 8), { kind: 'event', needs: 10, tries: 5 })
})

test('an event waits for the next batch time, else longer each time, a quarter of an hour at most', () => {
  const after = (tries: number, until: number | null, intervalMs: number): number =>
    delayOf({ kind: 'event', needs: 1, tries }, until, 100_000, intervalMs)
  assert.equal(after(1, 130_000, 60_000), 30_000)
  assert.equal(after(1, 90_000, 60_000), 1000)
  assert.equal(after(1, 9_000_000, 86_400_000), 900_000)
  assert.deepEqual(
    [1, 2, 3, 10].map((tries) => after(tries, null, 500)),
    [1000, 2000, 4000, 512_000],
  )
  assert.equal(after(9999, null, 60_000), 900_000)
})
