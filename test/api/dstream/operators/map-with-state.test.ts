import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HashPartitioner, seconds, type State, StateSpec } from '../../../../lib/index.ts'
import { temporaryFolder } from '../../../adapters/local/temporary-folder.ts'
import { check, runBatches } from '../../../support/run.ts'

const running = (key: string, value: number | undefined, state: State<number>): [string, number] => {
  state.update((state.getOption() ?? 0) + (value ?? 0))
  return [key, state.get()]
}

test('one result per record, keys without data are not visited', () =>
  check((input) => input().mapWithState(StateSpec.function(running) as any), {
    batches: [
      [
        ['a', 1],
        ['a', 2],
        ['b', 5],
      ],
      [],
      [['a', 4]],
    ],
    expected: [
      [
        ['a', 1],
        ['a', 3],
        ['b', 5],
      ],
      [],
      [['a', 7]],
    ],
  }))

test('a new key has no state, whatever numbers the others hold', () =>
  check(
    (input) =>
      input().mapWithState(
        StateSpec.function((key: string, value: number | undefined, state: State<number>) => {
          const had = state.exists()
          state.update(value!)
          return [key, had]
        }) as any,
      ),
    {
      batches: [
        [['a', 0]],
        [
          ['b', 0],
          ['a', 1],
        ],
      ],
      expected: [
        [['a', false]],
        [
          ['a', true],
          ['b', false],
        ],
      ],
    },
  ))

test('a function of four parameters may emit nothing', () =>
  check(
    (input) =>
      input().mapWithState(
        StateSpec.function((_time: unknown, key: string, value: number | undefined, _state: State<number>) =>
          value! > 1 ? key : undefined,
        ) as any,
      ),
    {
      batches: [
        [
          ['a', 1],
          ['b', 2],
        ],
      ],
      expected: [['b']],
    },
  ))

test('idle keys time out at checkpoints only: after 2 s of silence, at the fourth batch', () =>
  check(
    (input) => {
      const mapped = input().mapWithState(
        StateSpec.function((key: string, value: number | undefined, state: State<number>) => {
          if (state.isTimingOut()) return [key, 'gone', state.get()]
          state.update(value!)
          return [key, value]
        }).timeout(seconds(1)) as any,
      )
      mapped.checkpoint(seconds(4))
      return { mapped, state: mapped.stateSnapshots() }
    },
    {
      batches: [
        [
          ['a', 1],
          ['b', 1],
        ],
        [],
        [['b', 2]],
        [],
        [],
      ],
      expected: {
        mapped: [
          [
            ['a', 1],
            ['b', 1],
          ],
          [],
          [['b', 2]],
          [['a', 'gone', 1]],
          [],
        ],
        state: [
          [
            ['a', 1],
            ['b', 1],
          ],
          [
            ['a', 1],
            ['b', 1],
          ],
          [
            ['a', 1],
            ['b', 2],
          ],
          [['b', 2]],
          [['b', 2]],
        ],
      },
    },
  ))

test('state that was removed or is timing out cannot be updated, and absent state cannot be had', async () => {
  const codeOf = async (f: (state: State<number>) => void): Promise<string> => {
    const run = await runBatches(
      (input) =>
        input().mapWithState(
          StateSpec.function((_key: string, _value: number | undefined, state: State<number>) => f(state)) as any,
        ),
      [[['a', 1]]],
    )
    return run.errors[0]?.code
  }
  assert.equal(await codeOf((state) => state.get()), 'E_STATE_ABSENT')
  assert.equal(
    await codeOf((state) => {
      state.update(1)
      state.remove()
      state.update(2)
    }),
    'E_STATE_CLOSED',
  )
  assert.equal(
    await codeOf((state) => {
      state.update(1)
      state.remove()
      state.remove()
    }),
    'E_STATE_CLOSED',
  )
})

test('state that times out is read, and neither updated nor removed', async () => {
  const codeOf = async (f: (state: State<number>) => void): Promise<string | undefined> => {
    const spec = StateSpec.function((key: string, value: number | undefined, state: State<number>) => {
      if (state.isTimingOut()) f(state)
      else state.update(value!)
      return key
    }).timeout(seconds(1))
    const build: Parameters<typeof runBatches>[0] = (input) =>
      input()
        .mapWithState(spec as any)
        .checkpoint(seconds(3))
    const { errors } = await runBatches(build, [[['a', 1]], [], []])
    return errors[0]?.code
  }
  assert.equal(await codeOf((state) => assert.equal(state.get(), 1)), undefined)
  assert.equal(await codeOf((state) => state.update(2)), 'E_STATE_CLOSED')
  assert.equal(await codeOf((state) => state.remove()), 'E_STATE_CLOSED')
})

test('a key is idle from its last record on, and times out when that is longer ago than the timeout', () =>
  check(
    (input) =>
      input().mapWithState(
        StateSpec.function(
          (key: string, value: number | undefined, state: State<number>) => {
            if (state.isTimingOut()) return `${key} gone`
            // A key that is only read has had a record, too.
            if (!state.exists()) state.update(value!)
            return key
          },
          { timeoutCheck: 'everyBatch' },
        ).timeout(seconds(2)) as any,
      ),
    {
      batches: [[['a', 1], ['b', 1]], [['a', 2]], [], [], [], []], // prettier-ignore
      expected: [['a', 'b'], ['a'], [], ['b gone'], ['a gone'], []],
    },
  ))

test('state from before counts as touched in the first batch: of a key twice the last one, as it was then', () => {
  const given = { n: 2 }
  return check(
    (input, ssc) => {
      const entries: [string, { n: number }][] = [
        ['a', { n: 1 }],
        ['a', given],
        ['idle', { n: 5 }],
      ]
      const mapped = input().mapWithState(
        StateSpec.function((key: string, _value: number | undefined, state: State<{ n: number }>) => {
          if (state.isTimingOut()) return `${key} gone`
          given.n += 10
          state.update({ n: state.get().n + 1 })
          return `${key} ${state.get().n}`
        })
          .initialState(ssc.sparkContext.parallelize(entries))
          .timeout(seconds(1)) as any,
      )
      mapped.checkpoint(seconds(3))
      return mapped
    },
    {
      batches: [[], [['a', 0]], [['a', 0]], []],
      expected: [[], ['a 3'], ['a 4', 'idle gone'], []],
    },
  )
})

test('what a function does to a key becomes of no record and of no state, also over a restart', async (t) => {
  const pairs = (...names: string[]): [string[], number][] => names.map((name) => [[name], 1])
  await check(
    (input) => {
      const spec = StateSpec.function(
        (key: string[], value: number | undefined, state: State<number>) => {
          const said = `${key.join()}${state.isTimingOut() ? ' gone' : ''}`
          if (!state.isTimingOut()) state.update(value!)
          key.push('changed')
          return said
        },
        { timeoutCheck: 'everyBatch' },
      ).timeout(seconds(2))
      // Records of one key, which stay where they are: what they have in common is one array.
      return input()
        .reduceByKey((a: number, b: number) => a + b)
        .flatMapValues((n: number) => Array.from({ length: n }, () => 1))
        .mapWithState(spec as any)
    },
    {
      dir: await temporaryFolder(t),
      lives: [{ batches: 4 }, { batches: 2 }],
      batches: [pairs('k', 'k'), [], pairs('a', 'b', 'c', 'd', 'e'), [], [], []],
      expected: [
        ['k', 'k'],
        [],
        ['a', 'b', 'c', 'd', 'e'],
        ['k gone'],
        [],
        ['a gone', 'b gone', 'c gone', 'd gone', 'e gone'],
      ],
    },
  )
})

test('state from before is a copy for each key, also where it lies in the partition of the state', () => {
  const given = { n: 1 }
  return check(
    (input, ssc) => {
      const initial = ssc.sparkContext
        .parallelize([
          ['a', 0],
          ['b', 0],
        ] as [string, number][])
        .partitionBy(new HashPartitioner(1))
        .mapValues(() => given)
      return input().mapWithState(
        StateSpec.function((key: string, value: number | undefined, state: State<{ n: number }>) => {
          given.n = value!
          return `${key} ${state.get().n}`
        })
          .partitioner(new HashPartitioner(1))
          .initialState(initial) as any,
      )
    },
    {
      batches: [[['a', 5]], [['b', 6]]],
      expected: [['a 1'], ['b 1']],
    },
  )
})

test('a function of four parameters emits neither undefined nor null; one of three emits both', () =>
  check(
    (input) => {
      const nothing: readonly unknown[] = [undefined, null, 0]
      return {
        timed: input().mapWithState(StateSpec.timed((_time, _key, n: number | undefined) => nothing[n!]) as any),
        mapping: input().mapWithState(StateSpec.mapping((_key, n: number | undefined) => nothing[n!]) as any),
      }
    },
    {
      batches: [
        [
          ['a', 0],
          ['a', 1],
          ['a', 2],
        ],
      ],
      expected: { timed: [[0]], mapping: [[undefined, null, 0]] },
    },
  ))

test('what was updated and then removed in one call is gone, and another key is not', () =>
  check(
    (input) =>
      input()
        .mapWithState(
          StateSpec.function((_key: string, value: number | undefined, state: State<{ n: number }>) => {
            if (!state.exists()) state.update({ n: value! })
            else if (value === 0) {
              state.get().n = 5
              state.remove()
            } else if (value === -1) {
              state.update({ n: 7 })
              state.remove()
            } else state.get().n += value!
          }) as any,
        )
        .stateSnapshots(),
    {
      batches: [
        [
          ['a', 1],
          ['b', 1],
          ['c', 1],
        ],
        [
          ['a', 0],
          ['b', -1],
          ['c', 2],
        ],
      ],
      expected: [
        [
          ['a', { n: 1 }],
          ['b', { n: 1 }],
          ['c', { n: 1 }],
        ],
        [['c', { n: 3 }]],
      ],
    },
  ))

test('state that comes to be what another key has is kept over a restart, as any', async (t) => {
  await check(
    (input) =>
      input().mapWithState(
        StateSpec.function((key: string, add: number | undefined, state: State<{ n: number }>) => {
          if (!state.exists()) state.update({ n: 0 })
          state.get().n += add!
          return `${key} ${state.get().n}`
        }).numPartitions(1) as any,
      ),
    {
      dir: await temporaryFolder(t),
      lives: [{ batches: 2 }, { batches: 1 }],
      batches: [
        [
          ['a', 2],
          ['b', 1],
        ],
        [
          ['a', 0],
          ['b', 1],
        ],
        [['b', 0]],
      ],
      expected: [['a 2', 'b 1'], ['a 2', 'b 2'], ['b 2']],
    },
  )
})

test('timeouts are looked at in each tenth batch unless said otherwise, also where the stream has none', () =>
  check(
    (input) =>
      input().mapWithState(
        StateSpec.function((key: string, value: number | undefined, state: State<number>) => {
          if (state.isTimingOut()) return `${key} gone`
          state.update(value!)
          return key
        }).timeout(seconds(1)) as any,
      ),
    {
      batches: [[['a', 1]], ...Array.from({ length: 10 }, () => null)],
      expected: [['a'], ...Array.from({ length: 10 }, (_, i) => (i === 8 ? ['a gone'] : []))],
    },
  ))

test('a key without state leaves no trace, whether it was removed or never had any, with a timeout and without', () => {
  const spec = (): StateSpec<string, number, number, undefined> =>
    StateSpec.timed((_time, _key, value: number | undefined, state: State<number>) => {
      if (value === 1) state.update(value)
      if (value === -1) state.remove()
      return undefined
    })
  return check(
    (input) => ({
      plain: input()
        .mapWithState(spec() as any)
        .stateSnapshots(),
      timed: input()
        .mapWithState(spec().timeout(seconds(100)) as any)
        .stateSnapshots(),
    }),
    {
      batches: [
        [
          ['a', 1],
          ['b', 0],
          ['c', 1],
        ],
        [
          ['a', -1],
          ['b', 0],
        ],
      ],
      expected: {
        plain: [
          [
            ['a', 1],
            ['c', 1],
          ],
          [['c', 1]],
        ],
        timed: [
          [
            ['a', 1],
            ['c', 1],
          ],
          [['c', 1]],
        ],
      },
    },
  )
})

test('state shows itself as text, and a partitioner or a number says how many partitions keep it', () => {
  const spec = (): StateSpec<string, number, number, string> =>
    StateSpec.function((_key: string, value: number | undefined, state: State<number> & { toString(): string }) => {
      const before = String(state)
      state.update(value!)
      return `${before} ${String(state)}`
    })
  const sizes = (stream: any): any => stream.mapPartitions((records: Iterable<unknown>) => [[...records].length])
  return check(
    (input) => ({
      text: input().mapWithState(spec() as any),
      three: sizes(input().mapWithState(spec().partitioner(new HashPartitioner(3)) as any)),
      four: sizes(input().mapWithState(spec().numPartitions(4) as any)),
    }),
    {
      batches: [[['a', 1]], [['a', 2]]],
      expected: {
        text: [['<state not set> 1'], ['1 2']],
        three: [
          [1, 0, 0],
          [1, 0, 0],
        ],
        four: [
          [1, 0, 0, 0],
          [1, 0, 0, 0],
        ],
      },
    },
  )
})
