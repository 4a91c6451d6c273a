import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hasCode } from '../../lib/model/errors.ts'
import type { Clock } from '../../lib/host/clock.ts'
import { systemClock } from '../../lib/adapters/local/system-clock.ts'
import type { OutputSink, SqlOptions } from '../../lib/adapters/index.ts'
import { deliver, delivery } from '../../lib/testing/contracts/sink-rows.ts'
import { notStorableLaw } from '../adapters/sql/not-storable-law.ts'
import { withSeeds } from '../support/dice.ts'

/** A SQL server as these tests need it. */
interface SqlServer {
  open<T, const C extends readonly string[]>(options: SqlOptions<T, C>): OutputSink<T, 'exactly-once'>
  /** A sink whose connection breaks once, at the first statement that matches, when the server has got it. */
  openCut<T, const C extends readonly string[]>(at: RegExp, options: SqlOptions<T, C>): OutputSink<T, 'exactly-once'>
  /** Runs a statement as somebody else. */
  run(sql: string): Promise<void>
  read(sql: string): Promise<unknown[][]>
  /** Ends the server in the middle of whatever it does, and starts it again. */
  crash(): Promise<void>
}

/** As the engine does with an output that is owed: the same again, until the server takes it. */
export async function insist(write: () => Promise<void>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      return await write()
    } catch (error) {
      if (!hasCode(error, 'E_SINK_UNAVAILABLE') || tries > 50) throw error
    }
  }
}

type Count = readonly [word: string, n: number]
const counts = { columns: ['word', 'n'] as const, row: ([word, n]: Count) => [word, n] as const }

/** What is the same for every SQL server beyond the contract of sinks. */
export function sqlLaws(name: string, server: SqlServer): void {
  const table = async (columns = 'word varchar(100) primary key, n int not null'): Promise<string> => {
    const made = `t${++tables}`
    await server.run(`create table ${made} (${columns})`)
    return made
  }

  for (const cut of [/^insert into .*t\d/, /^(update|insert).*sluice_fence/, /^commit$/]) {
    test(
      `F61: ${name}: a connection that breaks at ` + `${cut.source} is replaced, and every row is there once`,
      async () => {
        const into = await table('word varchar(100), n int')
        for (let batch = 1; batch <= 3; batch++) {
          await deliver(
            server.openCut(cut, { ...counts, table: into }),
            batch,
            [
              [
                ['a', batch],
                ['b', batch],
              ],
            ],
            { sink: into },
          )
        }
        assert.deepEqual(await server.read(`select word, n from ${into} order by n, word`), [
          ['a', 1],
          ['b', 1],
          ['a', 2],
          ['b', 2],
          ['a', 3],
          ['b', 3],
        ])
      },
    )
  }

  test(`F67: ${name}: a server that is killed again and again while it is written to has every row once`, (t) =>
    withSeeds(t, 1, async (dice) => {
      const into = await table('n int')
      const sink = server.open({
        table: into,
        columns: ['n'],
        row: (n: number) => [n],
        batchRows: 1,
        attempts: 3,
        timeoutMs: 5_000,
      })
      let over = false
      const killing = (async () => {
        for (let kills = 0; kills < 4 && !over; kills++) {
          await sleep(dice.between(20, 250))
          await server.crash()
        }
      })()
      for (let batch = 1; batch <= 60; batch++) {
        await insist(() =>
          sink.write(
            [0, 1, 2, 3].map((n) => 10 * batch + n),
            { ...delivery(batch, 0, 1, { sink: into }), clock },
          ),
        )
        await sleep(10)
      }
      over = true
      await killing
      const expected = Array.from({ length: 60 }, (_, b) => [0, 1, 2, 3].map((n) => 10 * (b + 1) + n)).flat()
      assert.deepEqual(await server.read(`select n from ${into} order by n`).then((rows) => rows.flat()), expected)
    }))

  test(
    `F61: ${name}: transactions that lock the same rows in opposite order are repeated, and every ` +
      'addition counts once',
    async () => {
      const into = await table()
      const words = Array.from({ length: 40 }, (_, i) => `w${i}`)
      const options = {
        ...counts,
        table: into,
        upsert: { key: ['word'], add: ['n'] },
        batchRows: 1,
        attempts: 50,
      } as const
      const run = async (partition: number, order: readonly string[]): Promise<void> => {
        const sink = server.open(options)
        for (let batch = 1; batch <= 6; batch++)
          await sink.write(
            order.map((word): Count => [word, 1]),
            { ...delivery(batch, partition, 3, { sink: into }), clock },
          )
      }
      await Promise.all([
        run(0, words),
        run(1, words.toReversed()),
        run(2, [...words.slice(20), ...words.slice(0, 20)]),
      ])
      assert.deepEqual(
        await server.read(`select count(*), min(n), max(n) from ${into}`).then(([row]) => row.map(Number)),
        [40, 18, 18],
      )
    },
  )

  test(`${name}: an upsert replaces or adds, also where a key comes twice in a batch`, async () => {
    const into = await table('word varchar(100) primary key, n int not null, at int not null')
    const sink = server.open({
      table: into,
      columns: ['word', 'n', 'at'],
      row: ([word, n]: Count, { batch }) => [word, n, batch],
      upsert: { key: ['word'], add: ['n'] },
    })
    await deliver(
      sink,
      1,
      [
        [
          ['a', 1],
          ['b', 2],
          ['a', 10],
          ['a', 100],
        ],
      ],
      { sink: into },
    )
    await deliver(
      sink,
      2,
      [
        [
          ['b', 5],
          ['c', 1],
        ],
      ],
      { sink: into },
    )
    assert.deepEqual(await server.read(`select word, n, at from ${into} order by word`), [
      ['a', 111, 1],
      ['b', 7, 2],
      ['c', 1, 2],
    ])
  })

  test(`${name}: a bad row is rolled back and the rest is stored, once`, async () => {
    const into = await table()
    const skipped: Count[] = []
    const records: Count[] = Array.from({ length: 100 }, (_, i) => [`w${i}`, i])
    const bad: Count[] = [
      ['w7', 1],
      [null as unknown as string, 2],
      ['NUL \0', 3],
      ['x'.repeat(101), 4],
      ['too much', 1e12],
    ]
    const given = records.toSpliced(50, 0, ...bad.slice(0, 2)).toSpliced(20, 0, ...bad.slice(2))
    const sink = server.open({ ...counts, table: into, onRowError: 'skip', onSkip: (record) => skipped.push(record) })
    await deliver(sink, 1, [given], { sink: into })
    await deliver(sink, 1, [given], { sink: into })
    assert.deepEqual(
      await server.read(`select count(*), sum(n) from ${into}`).then(([row]) => row.map(Number)),
      [100, 4950],
    )
    assert.deepEqual(new Set(skipped), new Set(bad))
  })

  test(`${name}: a bad row fails its partition by default: nothing of it is stored, other partitions are`, async () => {
    const into = await table()
    const sink = server.open({ ...counts, table: into })
    await sink.write([['a', 1]], delivery(1, 0, 2, { sink: into }))
    await assert.rejects(
      sink.write(
        [
          ['b', 1],
          ['a', 2],
        ],
        delivery(1, 1, 2, { sink: into }),
      ),
      (error) => hasCode(error, 'E_SINK_REJECTED') && !error.retry,
    )
    assert.deepEqual(await server.read(`select word, n from ${into}`), [['a', 1]])
    await sink.write([['b', 1]], delivery(1, 1, 2, { sink: into }))
    assert.deepEqual(await server.read(`select word, n from ${into} order by word`), [
      ['a', 1],
      ['b', 1],
    ])
  })

  test(`${name}: statements of the user's own run in order, within the fence`, async () => {
    const into = await table()
    const mark = (n: number): string => (name === 'PostgreSQL' ? `$${n}` : '?')
    const sink = server.open({
      statements: ([word, n]: Count) =>
        n === 0
          ? [{ sql: `delete from ${into} where word = ${mark(1)}`, values: [word] }]
          : [
              { sql: `delete from ${into} where word = ${mark(1)}`, values: [word] },
              { sql: `insert into ${into} values (${mark(1)}, ${mark(2)})`, values: [word, n] },
            ],
    })
    await deliver(
      sink,
      1,
      [
        [
          ['a', 1],
          ['b', 1],
        ],
      ],
      { sink: into },
    )
    for (let time = 0; time < 2; time++)
      await deliver(
        sink,
        2,
        [
          [
            ['a', 0],
            ['b', 2],
            ['c', 3],
          ],
        ],
        { sink: into },
      )
    assert.deepEqual(await server.read(`select word, n from ${into} order by word`), [
      ['b', 2],
      ['c', 3],
    ])
  })

  notStorableLaw(name, { open: server.open, read: server.read, table, placeholder: name === 'PostgreSQL' ? '$' : '?' })

  test(`${name}: a table that is not there is named, and no secret is`, async () => {
    const sink = server.open({ ...counts, table: 'nowhere' })
    await assert.rejects(
      deliver(sink, 1, [[['a', 1]]]),
      (error) =>
        hasCode(error, 'E_SINK_REJECTED') &&
        /nowhere/.test(error.message) &&
        !/unused-secret|hidden-word/.test(error.message + String(error.stack)),
    )
  })

  test(`${name}: more values than one statement binds are sent in several`, async () => {
    const columns = Array.from({ length: 90 }, (_, i) => `c${i}`)
    const into = await table(columns.map((column) => `${column} int`).join(', '))
    const sink = server.open({
      table: into,
      columns,
      row: (n: number) => columns.map((_, i) => n + i),
      batchRows: 100_000,
    })
    await deliver(sink, 1, [Array.from({ length: 1_000 }, (_, n) => n)], { sink: into })
    assert.deepEqual(
      await server.read(`select count(*), sum(c0), sum(c89) from ${into}`).then(([row]) => row.map(Number)),
      [1_000, 499_500, 588_500],
    )
  })
}

let tables = 0

/** Time as it is, so that collisions are waited out. */
const clock: Clock = systemClock
