import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { hasCode } from '../../model/errors.ts'
import type { Delivery, OutputSink } from '../../output/sink.ts'

/** What is written: a row of every kind of value. */
export interface SinkRow {
  /** Unique among the rows of a test. */
  readonly id: string
  /** Any text, or nothing. */
  readonly text: string | null
  /** Any number but NaN and infinities, or nothing. */
  readonly n: number | null
  /** A point in time in whole ms, or nothing. */
  readonly at: Date | null
}

/** How a process ends at a call to the outside: before it is made, with the call under way, or when it was answered. */
export type Death = 'before' | 'during' | 'after'
const deaths: readonly Death[] = ['before', 'during', 'after']

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

  promise('batch after batch adds up', async (under) => {
    const sink = under.open()
    for (let batch = 1; batch <= 4; batch++) await deliver(sink, batch, [rows(`${batch}a`, 2), rows(`${batch}b`, 1)])
    await holds(
      under,
      [1, 2, 3, 4].flatMap((batch) => [...rows(`${batch}a`, 2), ...rows(`${batch}b`, 1)]),
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
      `F57: a process that ends ${death} any of its calls leaves its batch to the next one, which makes it whole and ` +
        'single',
      async (under) => {
        const expected: SinkRow[] = []
        for (let n = 1; ; n++) {
          assert.ok(n < 200, 'a partition takes fewer calls than that')
          const part = rows(`n${n}-`, 5)
          const survived = await deliver(under.dying(n, death), n, [part, rows(`m${n}-`, 1)]).then(
            () => true,
            () => false,
          )
          await deliver(under.open(), n, [part, rows(`m${n}-`, 1)])
          expected.push(...part, ...rows(`m${n}-`, 1))
          await holds(under, expected)
          if (survived) return assert.ok(n > 1, 'it made no call at all')
        }
      },
    )
  }
}

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

  promise('1,200 records of one partition all arrive', async (under) => {
    await deliver(under.open(), 1, [rows('r', 1_200)])
    await holdsOnce(under, rows('r', 1_200))
  })

  promise('a delivery that is given up sends nothing more', async (under) => {
    const given = { ...delivery(1), signal: AbortSignal.abort(new Error('given up')) }
    await assert.rejects(under.open().write(rows('a', 3), given), /given up/)
    await holdsOnce(under, [])
  })

  for (const death of deaths) {
    promise(
      `F57: a process that ends ${death} any of its calls leaves its batch to the next one, and ids tell the repeats`,
      async (under) => {
        const expected: SinkRow[] = []
        for (let n = 1; ; n++) {
          assert.ok(n < 200, 'a partition takes fewer calls than that')
          const part = rows(`n${n}-`, 25)
          const survived = await deliver(under.dying(n, death), n, [part]).then(
            () => true,
            () => false,
          )
          await deliver(under.open(), n, [part])
          expected.push(...part)
          if (!survived) continue
          await holdsOnce(under, expected)
          return assert.ok(n > 1, 'it made no call at all')
        }
      },
    )
  }
}

const texts: readonly (string | null)[] = [
  '',
  ' ',
  'plain',
  "O'Brien",
  'say "hi"',
  '`tick`',
  'back\\slash',
  "\\'; drop table sluice_fence; --",
  '%s $1 ? :name',
  'Grüße',
  '数据',
  '🎉👩‍👩‍👧',
  'e\u0301',
  '\u2028',
  'NULL',
  null,
  'true',
  '007',
  'x'.repeat(10_000),
]
const numbers: readonly (number | null)[] = [
  0,
  1,
  -1,
  0.1,
  -1234.5678,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
  1e300,
  5e-9,
  null,
]
const dates: readonly (Date | null)[] = [
  new Date(0),
  new Date(-1),
  new Date('2024-02-29T23:59:59.999Z'),
  new Date('1901-01-01T00:00:00Z'),
  new Date('2200-06-15T12:00:00.001Z'),
  null,
]

/** A row for every text, with the other values beside them. */
const values: readonly SinkRow[] = texts.map((text, i) => ({
  id: `v${i}`,
  text,
  n: numbers[i % numbers.length]!,
  at: dates[i % dates.length]!,
}))

/** `count` rows whose ids begin with `prefix`. */
const rows = (prefix: string, count: number): SinkRow[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `${prefix}${i}`,
    text: `text ${i}`,
    n: i,
    at: new Date(1_700_000_000_000 + i),
  }))

/** One partition of a batch, as the engine describes it. */
export function delivery(batch: number, partition = 0, partitions = 1, { inc = 'one', sink = 'rows' } = {}): Delivery {
  return {
    app: 'app',
    inc,
    sink,
    batch,
    timeMs: batch * 1000,
    partition,
    partitions,
    key: ['app', inc, sink, batch, partition].join('/'),
  }
}

/** All of a batch, as the engine does it. */
export async function deliver<T>(
  sink: OutputSink<T>,
  batch: number,
  parts: readonly (readonly T[])[],
  options: { inc?: string; sink?: string } = {},
): Promise<void> {
  for (const [partition, records] of parts.entries()) {
    if (records.length > 0 || sink.writesEmpty)
      await sink.write(records, delivery(batch, partition, parts.length, options))
  }
  const { app, inc, sink: name, timeMs } = delivery(batch, 0, parts.length, options)
  await sink.finish?.({ app, inc, sink: name, batch, timeMs, partitions: parts.length })
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
  const text = (row: SinkRow): string => JSON.stringify(row)
  assert.deepEqual([...byId.values()].map(text).sort(), expected.map(text).sort())
  if (!repeats) assert.equal(arrived.length, expected.length, 'nothing was disturbed, and something came twice')
}

async function holds(under: SinkUnderTest, expected: readonly SinkRow[]): Promise<void> {
  const byId = (a: SinkRow, b: SinkRow): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)
  assert.deepEqual([...(await under.contents())].sort(byId), [...expected].sort(byId))
}
