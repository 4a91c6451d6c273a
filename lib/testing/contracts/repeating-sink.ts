import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import type { OutputSink } from '../../output/sink.ts'
import {
  assertGivenUp,
  assertLeft,
  assertRows,
  type Death,
  deaths,
  deliver,
  deliverApart,
  deliverReopened,
  rows,
  type SinkRow,
  survives,
  values,
} from './sink-rows.ts'

/** A sink that says `at-least-once` and sends an id with each record, together with someone who reads what it sent. */
export interface RepeatingSinkUnderTest {
  /** The sink as one more process has it. */
  open(): OutputSink<SinkRow, 'at-least-once'>
  /** The sink as a process has it that ends at its n-th call to the outside, from 1. */
  dying(n: number, death: Death): OutputSink<SinkRow, 'at-least-once'>
  /** All that has arrived so far, in any order: each record with the id that came with it. */
  contents(): Promise<readonly ArrivedRow[]>
}

/** A record as its reader has it. */
export interface ArrivedRow {
  /** What tells a repeat from another record. */
  readonly id: string
  /** The record itself. */
  readonly row: SinkRow
}

/**
 * What every sink that says `at-least-once` and sends ids has to hold: nothing is missing, and a reader that remembers
 * ids sees each record once.
 */
export const repeatingSinkContract = (
  name: string,
  create: (t: TestContext) => Promise<RepeatingSinkUnderTest>,
): void => {
  const promise = (title: string, body: (under: RepeatingSinkUnderTest) => Promise<void>): void => {
    test(`${name}: ${title}`, async (t) => body(await create(t)))
  }

  promise('a batch that nothing disturbs is there once, whatever values it holds', async (under) => {
    await deliver(under.open(), 1, [values, [], rows('a', 30)])
    await holdsOnce(under, [...values, ...rows('a', 30)], { repeats: false })
  })

  promise('a batch that comes again, from one process or from two, brings the same ids', async (under) => {
    const sink = under.open()
    for (let time = 0; time < 2; time++) await deliver(sink, 1, [rows('a', 12), rows('b', 1)])
    await Promise.all([0, 1].map(() => deliver(under.open(), 2, [rows('c', 12)])))
    await holdsOnce(under, [...rows('a', 12), ...rows('b', 1), ...rows('c', 12)])
  })

  promise('records that are equal are two records, in a partition, in two, and in two batches', async (under) => {
    const [same] = rows('same', 1)
    for (const batch of [1, 2]) await deliver(under.open(), batch, [[same, same], [same]])
    await holdsOnce(under, Array<SinkRow>(6).fill(same))
  })

  promise('F63: an app that begins anew sends other ids', async (under) => {
    await deliver(under.open(), 1, [rows('a', 2)], { inc: 'first' })
    await deliver(under.open(), 1, [rows('a', 2)], { inc: 'second' })
    await holdsOnce(under, [...rows('a', 2), ...rows('a', 2)])
  })

  promise('a second output sends other ids', async (under) => {
    await deliver(under.open(), 1, [rows('a', 2)])
    await deliver(under.open(), 1, [rows('a', 2)], { sink: 'others' })
    await holdsOnce(under, [...rows('a', 2), ...rows('a', 2)])
  })

  promise('a partition that was written has arrived: another process may end its batch', async (under) => {
    await deliverApart(() => under.open(), 1, [rows('a', 2), rows('b', 3)])
    await holdsOnce(under, [...rows('a', 2), ...rows('b', 3)], { repeats: false })
  })

  promise('1,200 records of one partition all arrive', async (under) => {
    await deliver(under.open(), 1, [rows('r', 1_200)])
    await holdsOnce(under, rows('r', 1_200))
  })

  promise('a delivery that is given up sends nothing more', async (under) => {
    await assertGivenUp(under.open(), rows('a', 3))
    await holdsOnce(under, [])
  })

  promise('records that it is given stay as they are', async (under) => assertLeft(() => under.open()))

  promise('closing it twice is closing it once; written to afterwards, it opens again', async (under) => {
    await holdsOnce(under, await deliverReopened(under.open()))
  })

  for (const death of deaths) {
    promise(
      `F57: a process that ends ${death} any of its calls has sent what it said, or leaves its batch to the next ` +
        'one, and ids tell the repeats',
      async (under) => {
        const expected: SinkRow[] = []
        for (let n = 1; ; n++) {
          const part = rows(`n${n}-`, 25)
          const survived = await survives(n, deliver(under.dying(n, death), n, [part]))
          expected.push(...part)
          // What it says has arrived has arrived, before anybody sends it again.
          if (survived) await holdsOnce(under, expected)
          await deliver(under.open(), n, [part])
          if (!survived) continue
          await holdsOnce(under, expected)
          return assert.ok(n > 1, 'it made no call at all')
        }
      },
    )
  }
}

/** What a reader has who remembers ids. */
async function holdsOnce(
  under: RepeatingSinkUnderTest,
  expected: readonly SinkRow[],
  { repeats = true } = {},
): Promise<void> {
  const arrived = await under.contents()
  const byId = new Map<string, SinkRow>()
  for (const { id, row } of arrived) {
    if (byId.has(id)) assert.deepEqual(row, byId.get(id), `the id ${id} came with two records`)
    byId.set(id, row)
  }
  assertRows([...byId.values()], expected)
  if (!repeats) assert.equal(arrived.length, expected.length, 'nothing was disturbed, and something came twice')
}
