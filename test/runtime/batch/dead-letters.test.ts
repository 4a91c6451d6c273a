import assert from 'node:assert/strict'
import { test } from 'node:test'
import { app, seconds, type OutputSink, type StreamingContext } from '../../../lib/index.ts'
import type { SluiceError } from '../../../lib/model/errors.ts'
import { testApp } from '../../../lib/testing/index.ts'

const nowhere: OutputSink<unknown> = {
  name: 'nowhere',
  guarantee: 'exactly-once',
  write: () => Promise.reject(new Error('a test must not reach a real sink')),
}

/** Words are counted; numbers in them must parse. `mend` is what a later version of the code does. */
const counting = (mend = false, onError: 'fail' | 'dead-letter' = 'dead-letter') =>
  app(
    'counting',
    seconds(1),
    (ssc: StreamingContext) => {
      const words = ssc.socketTextStream('localhost', 1).map((word) => {
        if (word.startsWith('bad') && !mend) throw new TypeError('not a word')
        return word
      })
      words
        .map((word) => [word, 1])
        .updateStateByKey((ones: readonly number[], total: number | undefined) => ones.length + (total ?? 0), {
          name: 'counts',
        })
        .output('totals', nowhere)
      words.count().output('count', nowhere)
    },
    { onError },
  )

test('F69: a record that makes a function throw becomes a dead letter, and all others count', async () => {
  await using t = await testApp(counting(), { partitions: 3 })
  for (let i = 0; i < 200; i++) t.source().add(i === 137 ? 'bad' : `w${i % 2}`, { partition: i % 3 })
  await t.runBatch()
  assert.deepEqual(t.output('totals').rows, [
    ['w0', 100],
    ['w1', 99],
  ])
  assert.deepEqual(t.output('count').rows, [199])
  const [letter, ...more] = await t.deadLetters()
  assert.deepEqual([letter.id, letter.record, letter.code, letter.index, more], ['1-1', 'bad', 'E_USER_CODE', 45, []])
  assert.match(letter.place!, /dead-letters\.test\.ts:\d+/)
})

test('F69: a crash anywhere leaves one dead letter and counts every other record once', async () => {
  for (const at of [
    'before-task',
    'mid-task',
    'after-task',
    'before-commit',
    'after-commit',
    'mid-output',
    ...Array.from({ length: 8 }, (_, i) => ({ call: i + 1 })),
  ] as const) {
    await using t = await testApp(counting())
    t.crash({ batch: 2, at })
    await t.run([['a'], ['a', 'bad 1', 'b', 'bad 2'], ['a']], { output: 'totals' })
    assert.deepEqual(
      t.output('totals').rows,
      [
        ['a', 3],
        ['b', 1],
      ],
      JSON.stringify(at),
    )
    assert.deepEqual(
      (await t.deadLetters()).map(({ id, record }) => [id, record]),
      [
        ['2-1', 'bad 1'],
        ['2-2', 'bad 2'],
      ],
      JSON.stringify(at),
    )
  }
})

test('a dead letter that is tried again after the fix counts once, whatever crashes meanwhile', async () => {
  for (const at of [null, 'mid-task', 'before-commit', 'after-commit'] as const) {
    await using t = await testApp(counting())
    await t.run([['a', 'bad', 'bad']], { output: 'totals' })
    await t.restart({ app: counting(true) })
    await t.retryDeadLetters(['1-2'])
    if (at) t.crash({ batch: 2, at })
    await t.run([['a'], []], { output: 'totals' })
    assert.deepEqual(
      t.output('totals').rows,
      [
        ['a', 2],
        ['bad', 1],
      ],
      String(at),
    )
    assert.deepEqual(
      (await t.deadLetters()).map(({ id }) => id),
      ['1-1'],
      String(at),
    )
    await t.retryDeadLetters()
    await t.run([[], []], { output: 'totals' })
    assert.deepEqual(
      t.output('totals').rows,
      [
        ['a', 2],
        ['bad', 2],
      ],
      String(at),
    )
    assert.deepEqual(await t.deadLetters(), [])
  }
})

test('a dead letter that is tried again without a fix is a dead letter again, under another id', async () => {
  await using t = await testApp(counting())
  await t.run([['bad', 'a']], { output: 'totals' })
  await t.retryDeadLetters()
  await t.run([['a'], ['a']], { output: 'totals' })
  assert.deepEqual(
    (await t.deadLetters()).map(({ id, record }) => [id, record]),
    [['2-1', 'bad']],
  )
  assert.deepEqual(t.output('totals').rows, [['a', 3]])
})

test('a record is to blame also where it fails behind a shuffle, in state, and only after others', async () => {
  const capped = app(
    'capped',
    seconds(1),
    (ssc) => {
      ssc
        .socketTextStream('localhost', 1)
        .map((word) => [word, 1])
        .updateStateByKey((ones: readonly number[], total: number | undefined) => {
          const sum = ones.length + (total ?? 0)
          if (sum > 3) throw new RangeError('too many')
          return sum
        })
        .output('totals', nowhere)
    },
    { onError: 'dead-letter' },
  )
  await using t = await testApp(capped)
  await t.run([
    ['a', 'a'],
    ['b', 'a', 'b', 'a', 'a', 'b'],
  ])
  assert.deepEqual(t.output('totals').rows, [
    ['a', 3],
    ['b', 3],
  ])
  assert.deepEqual(
    (await t.deadLetters()).map(({ id, record, index }) => [id, record, index]),
    [
      ['2-1', 'a', 3],
      ['2-2', 'a', 4],
    ],
  )
})

test('the records of a batch with too many bad ones are kept where they are: the code is to blame', async () => {
  await using t = await testApp(counting())
  t.source().addAll(Array.from({ length: 150 }, (_, i) => (i % 5 === 0 ? 'good' : `bad ${i}`)))
  await assert.rejects(
    t.runBatch(),
    (error: SluiceError) =>
      error.code === 'E_DEAD_LETTERS' && error.where.batch === 1 && !error.message.includes('bad'),
  )
  assert.deepEqual(await t.deadLetters(), [])
  await t.restart({ app: counting(true) })
  await t.runBatch()
  assert.deepEqual(t.output('count').rows, [150])
})

test('a batch that fails without records, or with all its records gone, is not blamed on them', async () => {
  const broken = app(
    'broken',
    seconds(1),
    (ssc) => {
      ssc
        .socketTextStream('localhost', 1)
        .map((word) => [word, 1])
        .updateStateByKey((): number => {
          throw new Error('never right')
        })
        .output('totals', nowhere)
    },
    { onError: 'dead-letter' },
  )
  await using healthy = await testApp(
    app('broken', seconds(1), (ssc) => {
      ssc
        .socketTextStream('localhost', 1)
        .map((word) => [word, 1])
        .updateStateByKey((ones: readonly number[]) => ones.length)
        .output('totals', nowhere)
    }),
  )
  await healthy.run([['a']])
  await healthy.restart({ app: broken })
  healthy.source().add('b')
  await assert.rejects(healthy.runBatch(), /never right/)
  assert.deepEqual(await healthy.deadLetters(), [])
})

test('unless asked for, a bad record fails its batch, as in Spark, and is read again', async () => {
  await using t = await testApp(counting(false, 'fail'))
  t.source().addAll(['a', 'bad'])
  await assert.rejects(t.runBatch(), /TypeError: not a word/)
  await t.restart({ app: counting(true, 'fail') })
  await t.runBatch()
  assert.deepEqual(t.output('totals').rows, [
    ['a', 1],
    ['bad', 1],
  ])
})
