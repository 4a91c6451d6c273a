import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type App, app, seconds, type SluiceError, type State, StateSpec } from '../../lib/index.ts'
import { testApp } from '../../lib/testing/index.ts'
import { nowhere } from './programs.ts'

// Version 1 keeps a number, version 2 an object, version 3 an object that also says which versions it came through.
interface Second {
  readonly n: number
}
interface Third extends Second {
  readonly path: readonly number[]
}

const sum = (ones: readonly number[], before = 0): number => ones.reduce((a, b) => a + b, before)

const first = app('visits', seconds(1), (ssc) => {
  ssc
    .socketTextStream('localhost', 1)
    .map((word): [string, number] => [word, 1])
    .updateStateByKey((ones: number[], total: number | undefined) => sum(ones, total), { name: 'visits' })
    .output('out', nowhere)
})

const second = (migrate: (old: any, from: number) => Second = (old) => ({ n: old })): App =>
  app('visits', seconds(1), (ssc) => {
    ssc
      .socketTextStream('localhost', 1)
      .map((word): [string, number] => [word, 1])
      .updateStateByKey((ones: number[], total: Second | undefined): Second => ({ n: sum(ones, total?.n) }), {
        name: 'visits',
        version: 2,
        migrate,
      })
      .output('out', nowhere)
  })

const third = app('visits', seconds(1), (ssc) => {
  ssc
    .socketTextStream('localhost', 1)
    .map((word): [string, number] => [word, 1])
    .updateStateByKey(
      (ones: number[], total: Third | undefined): Third => ({ n: sum(ones, total?.n), path: total?.path ?? [] }),
      {
        name: 'visits',
        version: 3,
        migrate: (old, from): Third => ({ n: from === 1 ? old : old.n, path: [from] }),
      },
    )
    .output('out', nowhere)
})

const sorted = (state: Map<unknown, unknown>): unknown[] =>
  [...state].sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))

test('state of an older version is migrated by the first batch, and the next ones build on it', async () => {
  await using t = await testApp(first)
  await t.run([['a', 'b'], ['a']])
  let calls = 0
  await t.restart({
    app: second((old) => {
      calls++
      return { n: old }
    }),
  })
  assert.deepEqual(await t.run([['b'], []]), [
    [
      ['a', { n: 2 }],
      ['b', { n: 2 }],
    ],
    [
      ['a', { n: 2 }],
      ['b', { n: 2 }],
    ],
  ])
  assert.equal(calls, 2)
  await t.restart()
  await t.run([['c']])
  assert.deepEqual(
    [calls, sorted(await t.state())],
    [
      2,
      [
        ['a', { n: 2 }],
        ['b', { n: 2 }],
        ['c', { n: 1 }],
      ],
    ],
  )
})

test('one call takes state over several versions, and is told from which', async () => {
  await using t = await testApp(first)
  await t.run([['a']])
  await t.restart({ app: third })
  await t.run([['a']])
  assert.deepEqual(sorted(await t.state()), [['a', { n: 2, path: [1] }]])

  await using other = await testApp(second())
  await other.run([['a']])
  await other.restart({ app: third })
  await other.run([[]])
  assert.deepEqual(sorted(await other.state()), [['a', { n: 1, path: [2] }]])
})

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
  { call: 5 },
] as const) {
  test(`a crash (${JSON.stringify(at)}) in the batch that migrates changes nothing about what comes out`, async () => {
    await using t = await testApp(first)
    await t.run([['a', 'b'], ['a']])
    await t.restart({ app: second() })
    t.crash({ at })
    await t.run([['b'], ['a']])
    assert.deepEqual(
      t
        .output()
        .batches.slice(2)
        .map(({ rows }) => rows),
      [
        [
          ['a', { n: 2 }],
          ['b', { n: 2 }],
        ],
        [
          ['a', { n: 3 }],
          ['b', { n: 2 }],
        ],
      ],
    )
  })
}

test(
  'F42: migrate throws for one key: the batch fails, the old state stays, and the old program still ' + 'runs',
  async () => {
    await using t = await testApp(first)
    await t.run([['secret', 'secret'], ['b']])
    await t.restart({
      app: second((old) => {
        if (old === 2) throw new TypeError('two is too many')
        return { n: old }
      }),
    })
    t.source().add('b')
    await assert.rejects(t.runBatch(), (error: SluiceError) => {
      assert.equal(error.code, 'E_STATE_MIGRATE')
      assert.equal(error.where.operator, 'visits')
      assert.match(error.message, /from version 1 to 2, threw two is too many/)
      assert.match(error.where.detail!, /^key with the hash [0-9a-f]{8}$/)
      assert.doesNotMatch(JSON.stringify([error.message, error.where, error.next]), /secret/)
      return true
    })
    await assert.rejects(t.runBatch(), { code: 'E_STATE_MIGRATE' })
    await t.restart({ app: first })
    await t.runBatch()
    assert.deepEqual(sorted(await t.state()), [
      ['b', 2],
      ['secret', 2],
    ])
  },
)

test('F42: a migrate that forgets to return does not empty the state', async () => {
  await using t = await testApp(first)
  await t.run([['a']])
  await t.restart({ app: second((() => {}) as never) })
  await assert.rejects(t.runBatch(), { code: 'E_STATE_MIGRATE' })
  await t.restart({ app: first })
  await t.runBatch()
  assert.deepEqual(sorted(await t.state()), [['a', 1]])
})

test('once a batch of the new version is committed, the old program is refused', async () => {
  await using t = await testApp(first)
  await t.run([['a']])
  await t.restart({ app: second() })
  // Nothing is committed yet: both may start.
  await t.restart({ app: first })
  await t.restart({ app: second() })
  await t.run([[]])
  await assert.rejects(
    t.restart({ app: first }),
    (error: SluiceError) =>
      error.code === 'E_STATE_VERSION' && /holds state of version 2; this build reads version 1/.test(error.message),
  )
  await t.restart({ app: second() })
  await t.run([['a']])
  assert.deepEqual(sorted(await t.state()), [['a', { n: 2 }]])
})

test('a raised version without migrate is refused before anything is written', async () => {
  await using t = await testApp(first)
  await t.run([['a']])
  await assert.rejects(
    t.restart({
      app: app('visits', seconds(1), (ssc) => {
        ssc
          .socketTextStream('localhost', 1)
          .map((word): [string, number] => [word, 1])
          .updateStateByKey((ones: number[]) => ones.length, { name: 'visits', version: 2 })
          .output('out', nowhere)
      }),
    }),
    { code: 'E_STATE_VERSION' },
  )
  await t.restart({ app: first })
  await t.run([['a']])
  assert.deepEqual(sorted(await t.state()), [['a', 2]])
})

test('a version is a whole number from 1 on, and migrate has one', () => {
  for (const options of [{ version: 0 }, { version: 1.5 }, { migrate: (old: number) => old }]) {
    const build = (): unknown =>
      app('visits', seconds(1), (ssc) =>
        ssc
          .socketTextStream('localhost', 1)
          .map((word): [string, number] => [word, 1])
          .updateStateByKey((ones: number[]) => ones.length, options)
          .print(),
      ).build()
    assert.throws(build, { code: 'E_ARGUMENT' })
  }
})

test('an operator that does not run in every batch is migrated when it runs', async () => {
  const slow = (version: 1 | 2): App =>
    app('slow', seconds(1), (ssc) => {
      const pairs = ssc
        .socketTextStream('localhost', 1)
        .map((word): [string, any] => [word, 1])
        .window(seconds(3), seconds(3))
      pairs
        .updateStateByKey(
          (ones: any[], total: any) => (version === 1 ? sum(ones, total) : { n: sum(ones, total?.n) }),
          { name: 'visits', ...(version === 2 ? { version, migrate: (old: number) => ({ n: old }) } : {}) },
        )
        .output('out', nowhere)
    })
  await using t = await testApp(slow(1))
  await t.run([['a'], ['a'], ['a']])
  await t.restart({ app: slow(2) })
  await t.run([['a']])
  assert.deepEqual(sorted(await t.state()), [['a', 3]])
  await t.restart({ app: slow(2) })
  await t.run([['b'], ['b']])
  assert.deepEqual(sorted(await t.state()), [
    ['a', { n: 4 }],
    ['b', { n: 2 }],
  ])
})

// — mapWithState

const track = (version: 1 | 2, initial = false): App =>
  app('idle', seconds(1), (ssc) => {
    const count = (key: string, value: number | undefined, state: State<any>): [string, unknown] => {
      if (state.isTimingOut()) return [`${key} timed out`, state.get()]
      const before = state.getOption()
      const n = (version === 1 ? before : before?.n) ?? 0
      state.update(version === 1 ? n + value! : { n: n + value! })
      return [key, state.get()]
    }
    const spec = StateSpec.function(count, { name: 'visits', timeoutCheck: 'everyBatch' }).timeout(seconds(4))
    if (version === 2) spec.version(2, (old) => ({ n: old }))
    if (initial)
      spec.initialState(ssc.sparkContext.parallelize([['old', version === 1 ? 100 : { n: 100 }] as [string, any]]))
    ssc
      .socketTextStream('localhost', 1)
      .map((word): [string, number] => [word, 1])
      .mapWithState(spec)
      .output('out', nowhere)
  })

test('timeouts count from before the migration', async () => {
  await using t = await testApp(track(1))
  await t.run([['a'], ['b'], []])
  await t.restart({ app: track(2) })
  // `a` was touched at 1 s, `b` at 2 s: more than 4 s later they time out, with values of the new version.
  assert.deepEqual(await t.run([['c'], [], [], []]), [
    [['c', { n: 1 }]],
    [],
    [['a timed out', { n: 1 }]],
    [['b timed out', { n: 1 }]],
  ])
})

test('a timeout that a new version brings counts from the batch that brings it', async () => {
  const spec = (timeout: boolean): App =>
    app('idle', seconds(1), (ssc) => {
      const made = StateSpec.function(
        (key: string, value: number | undefined, state: State<number>): string => {
          if (!state.isTimingOut()) state.update(value!)
          return state.isTimingOut() ? `${key} timed out` : key
        },
        { name: 'visits', timeoutCheck: 'everyBatch' },
      )
      ssc
        .socketTextStream('localhost', 1)
        .map((word): [string, number] => [word, 1])
        .mapWithState(timeout ? made.timeout(seconds(2)) : made)
        .output('out', nowhere)
    })
  await using t = await testApp(spec(false))
  await t.run([['a'], [], [], [], []])
  await t.restart({ app: spec(true) })
  assert.deepEqual(await t.run([[], [], [], []]), [[], [], [], ['a timed out']])
})

test('the initial state is not applied again', async () => {
  await using t = await testApp(track(1, true))
  await t.run([['a']])
  await t.restart({ app: track(2, true) })
  await t.run([['old']])
  assert.deepEqual(sorted(await t.state()), [
    ['a', { n: 1 }],
    ['old', { n: 101 }],
  ])
})

test('state given by a test is what the program migrates', async () => {
  await using t = await testApp(third)
  await t.withState('visits', 1, [['a', 41]])
  await t.run([['a']])
  assert.deepEqual(t.output().rows, [['a', { n: 42, path: [1] }]])
  await t.withState('visits', 2, [['b', { n: 1 }]])
  await t.run([['b']])
  assert.deepEqual(t.output().rows, [['b', { n: 2, path: [2] }]])
  await assert.rejects(t.withState('nobody', 1, []), { code: 'E_NAME' })
  await assert.rejects(t.withState('visits', 4, []), { code: 'E_STATE_VERSION' })
})
