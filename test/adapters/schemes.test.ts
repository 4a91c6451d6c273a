import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { DStream } from '../../lib/index.ts'
import { sqlite } from '../../lib/adapters/index.ts'
import { BATCH_MS, runBatches, START } from '../support/run.ts'

// The five ways in which Spark programs write word counts from `foreachRDD`, and a sink beside them.

const words = ['a b a', 'c', 'b a']
const expected = [
  ['a', 3],
  ['b', 2],
  ['c', 1],
]
const insert = 'insert into wordcount(ts, word, count) values (?, ?, ?)'

test('scheme 1: a connection made once per batch serves every record', () =>
  check((counts, open) => {
    counts.foreachRDD((rdd, time) => {
      const connection = open()
      rdd.foreach(([word, n]) => {
        connection.prepare(insert).run(time.milliseconds, word, n)
      })
    })
  }))

test('scheme 2: a connection per record', () =>
  check((counts, open) => {
    counts.foreachRDD((rdd, time) =>
      rdd.foreach(([word, n]) => {
        open().prepare(insert).run(time.milliseconds, word, n)
      }),
    )
  }))

test('scheme 3: a connection per partition', () =>
  check((counts, open) => {
    counts.foreachRDD((rdd, time) =>
      rdd.foreachPartition((partition) => {
        const statement = open().prepare(insert)
        for (const [word, n] of partition) statement.run(time.milliseconds, word, n)
      }),
    )
  }))

test('scheme 4: a connection of a pool per partition', () => {
  const idle: DatabaseSync[] = []
  return check((counts, open) => {
    counts.foreachRDD((rdd, time) =>
      rdd.foreachPartition((partition) => {
        const connection = idle.pop() ?? open()
        for (const [word, n] of partition) connection.prepare(insert).run(time.milliseconds, word, n)
        idle.push(connection)
      }),
    )
  }).then(() => assert.equal(idle.length, 1))
})

test(
  'scheme 5: statements in groups, committed whenever a group is full and at the end; the first group ' +
    'has one more',
  async () => {
    const flushes: number[] = []
    const many = Array.from({ length: 3 }, (_, part) =>
      Array.from({ length: 1200 }, (__, i) => `w${part * 1200 + i}`).join(' '),
    )
    const database = newDatabase()
    await runBatches(
      (input) => {
        const counts: DStream<[string, number]> = input()
          .flatMap((line: string) => line.split(' '))
          .map((word: string): [string, number] => [word, 1])
        counts.repartition(1).foreachRDD((rdd, time) =>
          rdd.foreachPartition((partition) => {
            const statement = database.prepare(insert)
            let [index, inGroup] = [0, 0]
            const flush = (): void => {
              database.exec('commit')
              flushes.push(inGroup)
              inGroup = 0
            }
            for (const [word, n] of partition) {
              if (inGroup++ === 0) database.exec('begin')
              statement.run(time.milliseconds, word, n)
              if (index !== 0 && index % 1000 === 0) flush()
              index++
            }
            if (inGroup > 0) flush()
          }),
        )
        return {}
      },
      [many],
    )
    assert.deepEqual(flushes, [1001, 1000, 1000, 599])
    assert.deepEqual(
      database
        .prepare('select count(*) as n from wordcount')
        .all()
        .map(({ n }) => n),
      [3600],
    )
  },
)

test('a sink writes the same rows in one transaction per partition, whatever is repeated', () =>
  check((counts, open) => {
    counts.output(
      'wordcount',
      sqlite(open(), {
        table: 'wordcount',
        columns: ['ts', 'word', 'count'],
        row: ([word, n], { timeMs }) => [timeMs, word, n],
        batchRows: 1000,
      }),
    )
  }))

async function check(write: (counts: DStream<[string, number]>, open: () => DatabaseSync) => void): Promise<void> {
  const database = newDatabase()
  const run = await runBatches(
    (input) => {
      const lines: DStream<string> = input()
      write(
        lines
          .flatMap((line) => line.split(' '))
          .map((word) => [word, 1])
          .reduceByKey((a, b) => a + b, 1),
        () => database,
      )
      return {}
    },
    [words],
  )
  assert.deepEqual(run.errors, [])
  assert.deepEqual(
    database
      .prepare('select ts, word, count from wordcount order by word')
      .all()
      .map((row) => Object.values(row)),
    expected.map((row) => [START + BATCH_MS, ...row]),
  )
}

function newDatabase(): DatabaseSync {
  const database = new DatabaseSync(':memory:')
  database.exec('create table wordcount (ts integer, word text, count integer)')
  return database
}
