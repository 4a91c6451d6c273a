import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { hasCode } from '../../model/errors.ts'
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
  delivery,
  rows,
  type SinkRow,
  survives,
  values,
} from './sink-rows.ts'

/** A sink that says `exactly-once`, under test, together with someone who reads what it wrote to. */
export interface SinkUnderTest {
  /** The sink as one more process has it. */
  open(): OutputSink<SinkRow, 'exactly-once'>
  /**
   * The sink as a process has it that ends at its n-th call to the outside, from 1; from then on every call of it
   * rejects.
   */
  dying(n: number, death: Death): OutputSink<SinkRow, 'exactly-once'>
  /** What a reader finds, in any order. A row that was written twice is there twice. */
  contents(): Promise<readonly SinkRow[]>
  /**
   * Whether it refuses a batch older than the last one it took with `E_SINK_AHEAD`. A sink whose objects have names of
   * their own need not.
   */
  readonly fenced: boolean
}

/**
 * What every sink that says `exactly-once` has to hold. `create` makes an empty place to write to for each test and
 * cleans up through `t.after`.
 */
export const sinkContract = (name: string, create: (t: TestContext) => Promise<SinkUnderTest>): void => {
  const promise = (title: string, body: (under: SinkUnderTest) => Promise<void>): void => {
    test(`${name}: ${title}`, async (t) => body(await create(t)))
  }

  promise('a batch that is written twice, by one process or by two, is there once', async (under) => {
    const sink = under.open()
    for (let time = 0; time < 3; time++) await deliver(sink, 1, [rows('a', 3)])
    await deliver(under.open(), 1, [rows('a', 3)])
    await holds(under, rows('a', 3))
  })

  promise('a batch that two processes write at the same time is there once', async (under) => {
    const both = [under.open(), under.open()]
    for (let batch = 1; batch <= 5; batch++)
      await Promise.all(both.map((sink) => deliver(sink, batch, [rows(`b${batch}-`, 20)])))
    await holds(
      under,
      [1, 2, 3, 4, 5].flatMap((batch) => rows(`b${batch}-`, 20)),
    )
  })

  promise('batch after batch adds up, whatever numbers are left out between them', async (under) => {
    const sink = under.open()
    const batches = [1, 2, 5, 9, 10, 11, 100]
    for (const batch of batches) await deliver(sink, batch, [rows(`${batch}a`, 2), rows(`${batch}b`, 1)])
    await holds(
      under,
      batches.flatMap((batch) => [...rows(`${batch}a`, 2), ...rows(`${batch}b`, 1)]),
    )
  })

  promise('an older batch after a newer one changes nothing', async (under) => {
    await deliver(under.open(), 1, [rows('a', 2)])
    await deliver(under.open(), 2, [rows('b', 2)])
    await deliver(under.open(), 1, [rows('a', 2)]).catch((error: unknown) =>
      assert.ok(hasCode(error, 'E_SINK_AHEAD'), String(error)),
    )
    await holds(under, [...rows('a', 2), ...rows('b', 2)])
    await deliver(under.open(), 3, [rows('c', 1)])
    await holds(under, [...rows('a', 2), ...rows('b', 2), ...rows('c', 1)])
  })

  promise(
    'given batch 6 for the first time after batch 7, a sink says that it is ahead; one with a place for ' +
      'every batch takes it',
    async (under) => {
      await deliver(under.open(), 7, [rows('g', 2)])
      if (!under.fenced) {
        await deliver(under.open(), 6, [rows('f', 2)])
        return holds(under, [...rows('f', 2), ...rows('g', 2)])
      }
      await assert.rejects(
        deliver(under.open(), 6, [rows('f', 2)]),
        (error) => hasCode(error, 'E_SINK_AHEAD') && /batch 7/.test(error.message),
      )
      await holds(under, rows('g', 2))
    },
  )

  promise(
    'partitions do not know each other: each takes its batch once, whatever was repeated or came first',
    async (under) => {
      const parts = [rows('a', 2), rows('b', 3), rows('c', 1)]
      const sink = under.open()
      for (const order of [[2], [2, 0], [1, 2, 0]])
        for (const partition of order) await sink.write(parts[partition], delivery(1, partition, 3))
      await deliver(sink, 1, parts)
      await holds(under, parts.flat())
    },
  )

  promise('a batch that stopped after any of its partitions is whole after the next try', async (under) => {
    for (let batch = 1; batch <= 4; batch++) {
      const parts = [0, 1, 2].map((partition) => rows(`${batch}.${partition}.`, 2))
      for (let partition = 0; partition < batch - 1; partition++)
        await under.open().write(parts[partition], delivery(batch, partition, 3))
      await deliver(under.open(), batch, parts)
    }
    await holds(
      under,
      [1, 2, 3, 4].flatMap((batch) => [0, 1, 2].flatMap((partition) => rows(`${batch}.${partition}.`, 2))),
    )
  })

  promise('F63: an app that begins anew is not held back by the batches of its former life', async (under) => {
    await deliver(under.open(), 9, [rows('old', 2)], { inc: 'first' })
    await deliver(under.open(), 1, [rows('new', 2)], { inc: 'second' })
    await deliver(under.open(), 1, [rows('new', 2)], { inc: 'second' })
    await holds(under, [...rows('old', 2), ...rows('new', 2)])
  })

  promise('a second output is refused, or its batches are there as well', async (under) => {
    await deliver(under.open(), 1, [rows('a', 2)])
    const [end] = await Promise.allSettled([deliver(under.open(), 1, [rows('b', 2)], { sink: 'others' })])
    await holds(under, end.status === 'fulfilled' ? [...rows('a', 2), ...rows('b', 2)] : rows('a', 2))
  })

  promise('a partition that was written is safe outside: another process may end its batch', async (under) => {
    await deliverApart(() => under.open(), 1, [rows('a', 2), rows('b', 3)])
    await holds(under, [...rows('a', 2), ...rows('b', 3)])
  })

  promise('a delivery that is given up writes nothing more, and is taken when it comes again', async (under) => {
    await assertGivenUp(under.open(), rows('a', 3))
    await holds(under, [])
    await deliver(under.open(), 1, [rows('a', 3)])
    await holds(under, rows('a', 3))
  })

  promise('records that it is given stay as they are', async (under) => assertLeft(() => under.open()))

  promise('closing it twice is closing it once; written to afterwards, it opens again', async (under) => {
    await holds(under, await deliverReopened(under.open()))
  })

  promise('an empty partition and an empty batch leave nothing, and may be repeated', async (under) => {
    await deliver(under.open(), 1, [[], []])
    await deliver(under.open(), 1, [[], []])
    await holds(under, [])
    await deliver(under.open(), 2, [[], rows('a', 1)])
    await holds(under, rows('a', 1))
  })

  promise('5,000 rows of one partition are 5,000 rows', async (under) => {
    const many = rows('r', 5_000)
    await deliver(under.open(), 1, [many])
    await deliver(under.open(), 1, [many])
    await holds(under, many)
  })

  promise('values come back as they went in', async (under) => {
    await deliver(under.open(), 1, [values])
    await holds(under, values)
  })

  for (const death of deaths) {
    promise(
      `F57: a process that ends ${death} any of its calls has written what it said, or leaves its batch to the next ` +
        'one, which makes it whole and single',
      async (under) => {
        const expected: SinkRow[] = []
        for (let n = 1; ; n++) {
          const part = rows(`n${n}-`, 5)
          const survived = await survives(n, deliver(under.dying(n, death), n, [part, rows(`m${n}-`, 1)]))
          expected.push(...part, ...rows(`m${n}-`, 1))
          // What it says is written is written, before anybody writes it again.
          if (survived) await holds(under, expected)
          await deliver(under.open(), n, [part, rows(`m${n}-`, 1)])
          await holds(under, expected)
          if (survived) return assert.ok(n > 1, 'it made no call at all')
        }
      },
    )
  }
}

async function holds(under: SinkUnderTest, expected: readonly SinkRow[]): Promise<void> {
  assertRows(await under.contents(), expected)
}
