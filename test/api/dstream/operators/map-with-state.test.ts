import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HashPartitioner, seconds, type State, StateSpec } from '../../../../lib/index.ts'
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
