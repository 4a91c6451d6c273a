import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type App,
  app,
  seconds,
  type SluiceError,
  type State,
  StateSpec,
  type StreamingContext,
} from '../../lib/index.ts'
import { testApp } from '../../lib/testing/index.ts'
import { nowhere } from './programs.ts'

const add = (a: number, b: number): number => a + b
const subtract = (a: number, b: number): number => a - b
const sum = (values: number[], before: number | undefined): number => values.reduce(add, before ?? 0)
const wordsOf = (ssc: StreamingContext) =>
  ssc.socketTextStream('localhost', 1).map((word): [string, number] => [word, 1])
const program = (define: (ssc: StreamingContext) => void, interval = 1): App =>
  app('changing', seconds(interval), define)
const sorted = (rows: Iterable<unknown>): unknown[] =>
  [...rows]
    .map((row) => JSON.stringify(row))
    .sort()
    .map((row) => JSON.parse(row) as unknown)

/** All that keeps something, under names of its own. */
const stateful = (names: { readonly [operator: string]: object }): App =>
  program((ssc) => {
    const words = wordsOf(ssc)
    words.updateStateByKey(sum, { ...names['totals'] }).output('o1', nowhere)
    const seen = (key: string, value: number | undefined, state: State<number>): string => {
      if (state.isTimingOut()) return `${key} is gone`
      state.update((state.getOption() ?? 0) + value!)
      return `${key} ${state.get()}`
    }
    words
      .mapWithState(StateSpec.function(seen, { timeoutCheck: 'everyBatch', ...names['seen'] }).timeout(seconds(3)))
      .output('o2', nowhere)
    words.reduceByKeyAndWindow(add, seconds(4), seconds(1), { ...names['panes'] }).output('o3', nowhere)
    words
      .reduceByKeyAndWindow(add, subtract, seconds(4), seconds(1), { filter: ([, n]) => n > 0, ...names['running'] })
      .output('o4', nowhere)
    words
      .window(seconds(3), seconds(1), { ...names['records'] })
      .count()
      .output('o5', nowhere)
  })
const OUTPUTS = ['o1', 'o2', 'o3', 'o4', 'o5']
const named = (suffix: string): { [operator: string]: object } =>
  Object.fromEntries(
    ['totals', 'seen', 'panes', 'running', 'records'].map((name) => [name, { name: `${name}${suffix}` }]),
  )
const input = [['a', 'b'], ['a'], [], ['b'], ['a', 'c'], [], [], ['c'], [], []]

test(
  'operators without a name get one, and later another: `was` brings along state, timeouts, panes and ' +
    'kept records',
  async () => {
    await using straight = await testApp(stateful({}))
    await straight.run(input, { output: 'o1' })

    await using t = await testApp(stateful({}))
    await t.run(input.slice(0, 3), { output: 'o1' })
    const uid = 'socket-text-stream'
    const was: Record<string, string> = {
      totals: `${uid}/updateStateByKey`,
      seen: `${uid}/mapWithState`,
      panes: `${uid}/reduceByKey/reduceByKeyAndWindow`,
      running: `${uid}/reduceByKey-2/reduceByKeyAndWindow`,
      records: `${uid}/window`,
    }
    const kept = await t.state(was['totals'])
    assert.deepEqual(sorted(kept), [
      ['a', 2],
      ['b', 1],
    ])
    await assert.rejects(t.restart({ app: stateful(named('')) }), (error: SluiceError) => {
      assert.deepEqual(
        [error.code, error.message.split('\n').length, error.where.operator],
        ['E_STATE_ORPHANED', 5, was['totals']],
      )
      assert.match(
        error.message,
        new RegExp(
          String.raw`^The new code has no place for the state of socket-text-stream/updateStateByKey ` +
            String.raw`\(updateStateByKey with 2 keys\)\.$`,
          'm',
        ),
      )
      assert.match(error.next.join('\n'), /was: 'socket-text-stream\/mapWithState'/)
      return true
    })
    await t.restart({
      app: stateful(Object.fromEntries(Object.entries(was).map(([name, old]) => [name, { name, was: old }]))),
    })
    t.crash({ at: 'before-commit' })
    await t.run(input.slice(3, 5), { output: 'o1' })
    await t.restart({ app: stateful(named('')) })
    await t.run(input.slice(5, 7), { output: 'o1' })
    await t.restart({
      app: stateful(Object.fromEntries(Object.keys(was).map((name) => [name, { name: `${name}-two`, was: name }]))),
    })
    await t.run(input.slice(7), { output: 'o1' })
    for (const output of OUTPUTS)
      assert.deepEqual(
        t.output(output).batches.map(({ rows }) => sorted(rows)),
        straight.output(output).batches.map(({ rows }) => sorted(rows)),
        output,
      )
  },
)

test('two operators cannot both have been one', () => {
  const build = (): unknown => stateful({ totals: { name: 'x', was: 'old' }, seen: { name: 'y', was: 'old' } }).build()
  assert.throws(build, { code: 'E_NAME' })
})

const counting = (extra: (ssc: StreamingContext) => void = () => {}): App =>
  program((ssc) => {
    wordsOf(ssc).updateStateByKey(sum, { name: 'totals' }).output('out', nowhere)
    extra(ssc)
  })
const without = program((ssc) => {
  wordsOf(ssc).output('raw', nowhere)
})

test('of many operators that are gone, twenty are named and the others counted', async () => {
  const many = counting((ssc) => {
    for (let i = 0; i < 30; i++)
      wordsOf(ssc)
        .updateStateByKey(sum, { name: `s${i}` })
        .output(`o${i}`, nowhere)
  })
  await using t = await testApp(many)
  t.source('socket-text-stream').add('a')
  await t.runBatch()
  await assert.rejects(t.restart({ app: without }), ({ code, message, next }: SluiceError) => {
    const sentences = message.split('\n')
    assert.deepEqual([code, sentences.length, next.length <= 60], ['E_STATE_ORPHANED', 21, true])
    assert.match(sentences[20], /^And so for \d+ more operators\.$/)
    return true
  })
})

test('state that the program has no place for is kept until it may go, and is gone then', async () => {
  await using t = await testApp(counting((ssc) => wordsOf(ssc).output('raw', nowhere)))
  t.source('socket-text-stream').add('a')
  await t.runBatch()
  await assert.rejects(t.restart({ app: without }), { code: 'E_STATE_ORPHANED' })
  await t.restart({ app: without, dropState: ['totals'] })
  // Nothing has been committed: the program before may still return to its state.
  await t.restart({ app: counting() })
  assert.deepEqual(sorted(await t.state()), [['a', 1]])
  await t.runBatch()
  await t.restart({ app: without, dropState: ['totals'] })
  await t.runBatch()
  await t.restart({ app: counting() })
  t.source('socket-text-stream').add('a')
  await t.runBatch()
  assert.deepEqual(sorted(await t.state()), [['a', 1]])
})

test('a permission to drop state takes nothing from an operator that fits', async () => {
  await using t = await testApp(counting())
  await t.run([['a']])
  await t.restart({
    app: counting((ssc) => ssc.socketTextStream('localhost', 2).output('more', nowhere)),
    dropState: ['totals'],
  })
  t.source('socket-text-stream').add('a')
  await t.runBatch()
  assert.deepEqual(sorted(await t.state()), [['a', 2]])
})

for (const [form, inverse] of [
  ['without an inverse', null],
  ['with an inverse', subtract],
] as const) {
  test(`a window ${form} of another length begins anew if it may, in an app that is no longer young`, async () => {
    const windowed = (length: number): App =>
      program((ssc) => {
        wordsOf(ssc)
          .reduceByKeyAndWindow(add, inverse, seconds(length), seconds(2), { name: 'win' })
          .output('out', nowhere)
      })
    await using t = await testApp(windowed(4))
    await t.run([['a'], ['a'], ['a'], ['a']])
    assert.deepEqual(t.output().rows, [['a', 4]])
    await assert.rejects(
      t.restart({ app: windowed(6) }),
      (error: SluiceError) =>
        error.code === 'E_STATE_CHANGED' && /window length was 4000 ms and is 6000 ms/.test(error.message),
    )
    await t.restart({ app: windowed(6), dropState: ['win'] })
    await t.run([['b'], ['a'], ['a'], []])
    assert.deepEqual(
      t
        .output()
        .batches.slice(2)
        .map(({ rows }) => sorted(rows)),
      [
        [
          ['a', 1],
          ['b', 1],
        ],
        [
          ['a', 2],
          ['b', 1],
        ],
      ],
    )
  })
}

test('another batch interval: batches go on upward in number and time, and state stays', async () => {
  const every = (interval: number): App =>
    program((ssc) => {
      wordsOf(ssc).updateStateByKey(sum, { name: 'totals' }).output('out', nowhere)
    }, interval)
  await using t = await testApp(every(1), { start: 0 })
  await t.run([['a'], ['a'], ['a']])
  await t.restart({ app: every(10) })
  await t.run([['a'], []])
  await t.restart({ app: every(2) })
  await t.run([['a']])
  assert.deepEqual(
    t.history.map(({ batch, timeMs }) => [batch, timeMs]),
    [
      [1, 1000],
      [2, 2000],
      [3, 3000],
      [4, 10_000],
      [5, 20_000],
      [6, 22_000],
    ],
  )
  assert.deepEqual(sorted(await t.state()), [['a', 5]])
})

test('timeouts are times and not numbers of batches: another interval does not move them', async () => {
  const every = (interval: number): App =>
    program((ssc) => {
      const seen = (key: string, value: number | undefined, state: State<number>): string => {
        if (!state.isTimingOut()) state.update(value!)
        return state.isTimingOut() ? `${key} is gone` : key
      }
      wordsOf(ssc)
        .mapWithState(StateSpec.function(seen, { name: 'seen', timeoutCheck: 'everyBatch' }).timeout(seconds(10)))
        .output('out', nowhere)
    }, interval)
  await using t = await testApp(every(1), { start: 0 })
  await t.run([['a'], [], ['b']])
  await t.restart({ app: every(4) })
  assert.deepEqual(await t.run([[], [], [], []]), [[], [], ['a is gone'], ['b is gone']])
  assert.deepEqual(
    t.history.slice(3).map(({ timeMs }) => timeMs),
    [4000, 8000, 12_000, 16_000],
  )
})

test(
  'a window keeps the interval it has: another is refused, and a program with another leaves the grid ' +
    'of the old one alone',
  async () => {
    const every = (interval: number): App =>
      program((ssc) => {
        wordsOf(ssc).reduceByKeyAndWindow(add, seconds(6), seconds(3), { name: 'win' }).output('out', nowhere)
      }, interval)
    await using t = await testApp(every(1), { start: 0 })
    await t.run([['a'], ['a'], ['a'], ['a']])
    await assert.rejects(t.restart({ app: every(3) }), { code: 'E_INTERVAL_CHANGED' })
    // This one may drop the window and has moved the grid, but never commits.
    await t.restart({ app: every(3), dropState: ['win'] })
    await t.restart({ app: every(1) })
    await t.run([['a'], ['a'], []])
    assert.deepEqual(
      t.output().batches.map(({ timeMs, rows }) => [timeMs, rows]),
      [
        [3000, [['a', 3]]],
        [6000, [['a', 6]]],
      ],
    )
    await t.restart({ app: every(3), dropState: ['win'] })
    await t.run([['a'], []])
    assert.deepEqual(
      t
        .output()
        .batches.slice(2)
        .map(({ timeMs, rows }) => [timeMs, rows]),
      [
        [9000, [['a', 1]]],
        [12_000, [['a', 1]]],
      ],
    )
  },
)

test('a source of another directory is refused, unless its position may go; a socket may be anywhere', async () => {
  const reading = (define: (ssc: StreamingContext) => ReturnType<StreamingContext['textFileStream']>): App =>
    program((ssc) => {
      define(ssc).output('out', nowhere)
    })
  await using t = await testApp(reading((ssc) => ssc.textFileStream('logs/a')))
  await t.run([['x']])
  await assert.rejects(
    t.restart({ app: reading((ssc) => ssc.textFileStream('logs/b')) }),
    (error: SluiceError) =>
      error.code === 'E_SOURCE_CHANGED' && /File stream logs\/a and is File stream logs\/b/.test(error.message),
  )
  await t.restart({ app: reading((ssc) => ssc.textFileStream('logs/b')), dropState: ['file-stream'] })
  // Without a position it begins with what is there.
  assert.deepEqual(await t.run([['y']]), [['x', 'y']])
  await t.restart({ app: reading((ssc) => ssc.textFileStream('logs/b')) })
  assert.deepEqual(await t.run([['z']]), [['z']])

  await using sockets = await testApp(reading((ssc) => ssc.socketTextStream('a', 1)))
  await sockets.run([['x']])
  await sockets.restart({ app: reading((ssc) => ssc.socketTextStream('b', 2)) })
  assert.deepEqual(await sockets.run([['y']]), [['y']])
})

test('F16: an output that is owed batches stays until it has shown them', async () => {
  const two = program((ssc) => {
    const words = wordsOf(ssc)
    words.output('one', nowhere)
    words.output('two', nowhere)
  })
  const one = program((ssc) => {
    wordsOf(ssc).output('one', nowhere)
  })
  await using t = await testApp(two)
  t.fail({ output: 'two', times: 1 })
  await t.run([['a']], { output: 'one' })
  await assert.rejects(
    t.restart({ app: one }),
    (error: SluiceError) => error.code === 'E_OUTPUT_UNDELIVERED' && error.where.operator === 'two',
  )
  await t.restart({ app: two })
  await t.restart({ app: one })
  await t.run([['b']], { output: 'one' })
  assert.deepEqual([t.output('one').rows, t.output('two').rows], [[['b', 1]], [['a', 1]]])
})
