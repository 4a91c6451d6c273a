import assert from 'node:assert/strict'
import { test } from 'node:test'
import { app, seconds, type OutputSink, type SluiceError } from '../../../lib/index.ts'
import { testApp } from '../../../lib/testing/index.ts'

const nowhere: OutputSink<unknown> = {
  name: 'nowhere',
  guarantee: 'exactly-once',
  write: () => Promise.reject(new Error('a test must not reach a real sink')),
}

const counting = app('counting', seconds(1), (ssc) => {
  const totals = ssc
    .socketTextStream('localhost', 1)
    .map((word) => [word, 1])
    .updateStateByKey((ones: readonly number[], total: number | undefined) => ones.length + (total ?? 0))
  totals.output('early', nowhere, { order: 'before' })
  totals.output('late', nowhere)
})

test(
  'an output that comes before the commit is shown while the batch is not committed, one that comes ' + 'after is not',
  async () => {
    await using t = await testApp(counting)
    t.fail({ output: 'late' })
    t.crash({ batch: 1, at: 'before-commit' })
    await t.run([['a', 'b', 'a']], { output: 'early' })
    assert.deepEqual(t.output('early').rows, [
      ['a', 2],
      ['b', 1],
    ])
    assert.deepEqual([t.output('early').attempts, t.output('late').batches], [2, []])
  },
)

test(
  'a crash anywhere shows each batch before its commit as it shows it after: once per key, with the ' + 'same content',
  async () => {
    for (const at of [
      'before-task',
      'mid-task',
      'after-task',
      'before-commit',
      'after-commit',
      'mid-output',
      'after-output',
      ...Array.from({ length: 9 }, (_, i) => ({ call: i + 1 })),
    ] as const) {
      await using t = await testApp(counting)
      t.crash({ batch: 2, at })
      await t.run([['a'], ['a', 'b'], ['b']], { output: 'early' })
      const expected = [
        [['a', 1]],
        [
          ['a', 2],
          ['b', 1],
        ],
        [
          ['a', 2],
          ['b', 2],
        ],
      ]
      for (const output of ['early', 'late'])
        assert.deepEqual(
          t.output(output).batches.map(({ rows }) => rows),
          expected,
          `${output} ${JSON.stringify(at)}`,
        )
    }
  },
)

test('a plan that was shown from is finished with exactly its records, however many have arrived since', async () => {
  for (const restart of [false, true]) {
    await using t = await testApp(counting)
    t.fail({ output: 'early', error: new Error('disk full') })
    t.source().addAll(['a', 'a'])
    await assert.rejects(
      t.runBatch(),
      (error: SluiceError) =>
        error.code === 'E_OUTPUT' && /its plan stays open/.test(error.did) && error.where.batch === 1,
    )
    assert.deepEqual(t.output('late').batches, [])
    if (restart) await t.restart()
    await t.run([['a', 'b']], { output: 'early' })
    await t.run([[]], { output: 'late' })
    const [first, second] = t.output('early').batches
    assert.deepEqual(
      [first.rows, second.rows],
      [
        [['a', 2]],
        [
          ['a', 3],
          ['b', 1],
        ],
      ],
    )
    assert.deepEqual(
      t
        .output('late')
        .batches.map(({ rows }) => rows)
        .slice(0, 2),
      [first.rows, second.rows],
    )
  }
})

test('a program that has changed does not finish the plan of another one', async () => {
  await using t = await testApp(counting)
  t.fail({ output: 'early', error: new Error('disk full') })
  t.source().add('a')
  await assert.rejects(t.runBatch(), /disk full/)
  const changed = app('counting', seconds(1), (ssc) => {
    const totals = ssc
      .socketTextStream('localhost', 1)
      .map((word) => [word, 2])
      .updateStateByKey((twos: readonly number[], total: number | undefined) => 2 * twos.length + (total ?? 0))
    totals.output('early', nowhere, { order: 'before' })
  })
  await assert.rejects(
    t.restart({ app: changed }),
    (error: SluiceError) => error.code === 'E_GRAPH_CHANGED' && error.where.batch === 1,
  )
  await t.restart({ app: counting })
  await t.run([[]], { output: 'late' })
  assert.deepEqual(t.output('early').rows, [['a', 1]])
})

test('E_OUTPUT_ORDER: nothing is shown ahead where a crash could leave out what was shown', async () => {
  const lettered = app(
    'lettered',
    seconds(1),
    (ssc) => ssc.socketTextStream('localhost', 1).output('early', nowhere, { order: 'before' }),
    { onError: 'dead-letter' },
  )
  await assert.rejects(
    testApp(lettered),
    (error: SluiceError) => error.code === 'E_OUTPUT_ORDER' && /output-order\.test\.ts:\d+/.test(error.where.place!),
  )
  const queued = app('queued', seconds(1), (ssc) =>
    ssc.queueStream([ssc.sparkContext.parallelize([1])]).output('early', nowhere, { order: 'before' }),
  )
  await assert.rejects(
    testApp(queued),
    (error: SluiceError) => error.code === 'E_OUTPUT_ORDER' && /cannot be read again/.test(error.message),
  )
})
