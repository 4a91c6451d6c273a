import assert from 'node:assert/strict'
import { test } from 'node:test'
import { app, minutes, seconds, StreamingContext } from '../../lib/index.ts'
import type { OutputSink, SluiceError } from '../../lib/index.ts'
import { testApp } from '../../lib/testing/index.ts'

const nowhere: OutputSink<unknown> = {
  name: 'nowhere',
  guarantee: 'exactly-once',
  write: () => Promise.reject(new Error('a test must not reach a real sink')),
}

const clicks = app('clicks', seconds(10), (ssc) => {
  const pages = ssc.socketTextStream('localhost', 9999).map((line) => [line.split(' ')[0], 1] as [string, number])
  pages.reduceByKeyAndWindow((a, b) => a + b, minutes(1), minutes(1)).output('pages', nowhere)
  pages
    .updateStateByKey((ones: readonly number[], total: number | undefined) => ones.length + (total ?? 0), {
      name: 'by-page',
    })
    .output('totals', nowhere)
})

test('counts clicks per page over a minute without a minute passing', async () => {
  await using t = await testApp(clicks, { start: '2026-01-01T00:00:00Z', partitions: 2 })
  t.source().add('/ ann')
  await t.advance(seconds(10))
  t.source().add('/ bob', { partition: 1 })
  await t.advance(seconds(50))
  assert.deepEqual(t.output('pages').rows, [['/', 2]])
  assert.equal(t.output('pages').last!.batch, 6)
  assert.equal(t.history.length, 6)
  assert.deepEqual(t.history[1], {
    batch: 2,
    timeMs: Date.parse('2026-01-01T00:00:20Z'),
    records: { [Object.keys(t.history[1].records)[0]]: 1 },
  })
})

test('a crash anywhere in a batch shows each click once', async () => {
  for (const at of [
    'before-task',
    'mid-task',
    'after-task',
    'before-commit',
    'after-commit',
    'mid-output',
    'after-output',
    { call: 1 },
    { call: 3 },
  ] as const) {
    await using t = await testApp(clicks)
    t.source().add('/ ann')
    t.crash({ batch: 6, at })
    await t.advance(seconds(70))
    t.source().add('/ ann')
    await t.advance(seconds(10))
    assert.deepEqual(t.output('pages').rows, [['/', 1]], JSON.stringify(at))
    assert.deepEqual(await t.state('by-page'), new Map([['/', 2]]), JSON.stringify(at))
  }
})

test('batches in, batches out', async () => {
  await using t = await testApp(clicks)
  assert.deepEqual(await t.run([['/', '/cart', '/'], [], ['/']], { output: 'totals' }), [
    [
      ['/', 2],
      ['/cart', 1],
    ],
    [
      ['/', 2],
      ['/cart', 1],
    ],
    [
      ['/', 3],
      ['/cart', 1],
    ],
  ])
})

test('an output that fails is owed, and what comes later waits behind it', async () => {
  await using t = await testApp(clicks)
  t.fail({ output: 'totals', times: 2, error: new Error('disk full') })
  await t.run([['/'], ['/']], { output: 'totals' })
  assert.deepEqual(t.output('totals').batches, [])
  assert.match(String(t.errors[0]), /disk full/)
  await t.runBatch()
  assert.deepEqual(
    t.output('totals').batches.map(({ batch, rows }) => [batch, rows]),
    [
      [1, [['/', 1]]],
      [2, [['/', 2]]],
      [3, [['/', 2]]],
    ],
  )
})

test('state outlives a restart, also into another build with other partitions', async () => {
  const totals = (partitions: number) =>
    app('totals', seconds(1), (ssc) => {
      ssc
        .socketTextStream('localhost', 1)
        .map((word) => [word, 1] as [string, number])
        .updateStateByKey((ones: readonly number[], total: number | undefined) => ones.length + (total ?? 0), {
          name: 'counts',
          partitions,
        })
        .output('totals', nowhere)
    })
  await using t = await testApp(totals(2))
  await t.run([['a', 'b', 'c'], ['a']])
  await t.restart({ app: totals(5) })
  await t.run([['c']])
  await t.restart({ app: totals(1) })
  await t.run([[]])
  assert.deepEqual(
    await t.state(),
    new Map([
      ['a', 2],
      ['b', 1],
      ['c', 2],
    ]),
  )
})

test('a plain function that builds a context will do, and print is printed', async () => {
  await using t = await testApp(
    () => {
      const ssc = new StreamingContext({ appName: 'classic', master: 'local[2]' }, seconds(1))
      ssc
        .socketTextStream('localhost', 9999)
        .flatMap((line) => line.split(' '))
        .count()
        .print()
      return ssc
    },
    { start: 1_000_000 },
  )
  await t.run([['to be or', 'not to be']])
  assert.equal(
    t.printed,
    [
      '-------------------------------------------',
      'Time: 1001000 ms',
      '-------------------------------------------',
      '6',
      '',
      '',
    ].join('\n'),
  )
})

test('what the program throws reaches the test, and the next batch reads the records again', async () => {
  let broken = true
  const fragile = app('fragile', seconds(1), (ssc) => {
    ssc
      .socketTextStream('localhost', 1)
      .map((line) => {
        if (broken) throw new TypeError('not yet')
        return line
      })
      .output('lines', nowhere)
  })
  await using t = await testApp(fragile)
  t.source().add('a')
  await assert.rejects(t.runBatch(), /not yet/)
  broken = false
  await t.runBatch()
  assert.deepEqual(t.output().rows, ['a'])
})

test('a name that is not there is answered with those that are', async () => {
  await using t = await testApp(clicks)
  assert.throws(
    () => t.output('page'),
    (error: SluiceError) => error.code === 'E_NAME' && /"pages", "totals"/.test(error.next[0]),
  )
  assert.throws(
    () => t.output(),
    (error: SluiceError) => error.code === 'E_NAME' && error.message === 'Which output is meant? The program has 2.',
  )
  await assert.rejects(t.run([['/']]), (error: SluiceError) => error.code === 'E_NAME')
  assert.equal(t.history.length, 0, 'nothing has run')
  assert.throws(
    () => t.source().add('x', { partition: 3 }),
    (error: SluiceError) => error.code === 'E_PARTITIONS',
  )
})

test('a thousand batches are a matter of virtual time', async () => {
  await using t = await testApp(clicks)
  for (let batch = 0; batch < 1000; batch++) {
    t.source().add('/')
    await t.runBatch()
  }
  assert.deepEqual(t.output('totals').rows, [['/', 1000]])
})

test('what a test gives by mistake is refused in words, and a text is not taken for many records', async () => {
  await using t = await testApp(clicks)
  const mistakes: readonly (() => unknown)[] = [
    () => t.source().addAll('/ ann'),
    () => t.source().addAll(null as never),
    () => t.source().add('/', null as never),
    () => t.run(['/ ann'] as never, { output: 'pages' }),
    () => t.run(5 as never),
    () => t.crash({ at: 'somewhere' as never }),
    () => t.crash(null as never),
    () => t.fail({ output: 'pages', times: NaN }),
    () => testApp({} as never),
    () => testApp(() => 5 as never),
    () => testApp(clicks, 3 as never),
  ]
  for (const mistake of mistakes) await assert.rejects(async () => mistake(), { code: 'E_ARGUMENT' }, String(mistake))
  for (const partitions of [0, NaN, 1.5, '2'])
    await assert.rejects(async () => testApp(clicks, { partitions: partitions as never }), { code: 'E_PARTITIONS' })
})
