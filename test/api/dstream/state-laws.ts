import { seconds, StateSpec, type StreamingContext } from '../../../lib/index.ts'
import { lookupKey } from '../../../lib/keys/lookup.ts'
import type { Dice } from '../../support/dice.ts'
import { type Law, law } from '../../support/law.ts'
import { grouped, valueOf, valuesOf } from '../../support/oracle.ts'
import type { Batch } from '../../support/run.ts'

const add = (a: number, b: number): number => a + b

interface Tally {
  readonly n: number
  readonly sum: number
}

type Entry<S> = readonly [unknown, S]

/** State by key over all batches; `step` says what becomes of each. */
function states<S>(
  batches: readonly Batch<readonly [unknown, number]>[],
  initial: readonly Entry<S>[],
  step: (state: Entry<S>[], batch: Batch<readonly [unknown, number]>, index: number) => Entry<S>[] | undefined,
): (Entry<S>[] | undefined)[] {
  let state: Entry<S>[] | undefined = initial.slice()
  return batches.map((batch, i) => {
    const next = step(state!, batch, i)
    if (next) state = next
    return next
  })
}

/** A counter that removes keys now and then, and may be 0, null-like or an object. */
const remembered = (values: readonly number[], state: Tally | undefined): Tally | undefined => {
  const next = { n: (state?.n ?? 0) + values.length, sum: values.reduce(add, state?.sum ?? 0) }
  return next.sum % 7 === 3 || (values.length === 0 && next.n % 5 === 0) ? undefined : next
}

const updated = (
  state: readonly Entry<any>[],
  values: readonly (readonly [unknown, number])[],
  f: (values: readonly number[], state: any, key: unknown) => any,
): Entry<any>[] =>
  grouped<unknown>([...state, ...values])
    .map(([key]) => [key, f(valuesOf(values, key), valueOf(state, key), key)] as const)
    .filter(([, next]) => next !== undefined)

const initialEntries = (dice: Dice): [unknown, Tally][] =>
  Array.from({ length: dice.below(6) }, (): [unknown, Tally] => [dice.key(), { n: 1, sum: dice.value() }])
const firstOfEach = <S>(entries: readonly Entry<S>[]): Entry<S>[] =>
  grouped(entries).map(([key, values]) => [key, values[0]])
const lastOfEach = <S>(entries: readonly Entry<S>[]): Entry<S>[] =>
  grouped(entries).map(([key, values]) => [key, values.at(-1)!])

/** `updateStateByKey` runs from the first batch with data on; from then on also where the input has no batch. */
const running = (batches: readonly Batch[], i: number): boolean =>
  batches.slice(0, i + 1).some((batch) => batch !== null)

const partitioned = (context: StreamingContext) => context.partitioner(undefined)

export const stateLaws: readonly Law[] = [
  law('updateStateByKey shows every key with its state, and forgets what became undefined', (dice, count) => {
    const batches = dice.pairs(count, { gaps: true })
    return {
      batches,
      build: (input) => input().updateStateByKey(remembered),
      expected: states<Tally>(batches, [], (state, batch, i) =>
        running(batches, i) ? updated(state, batch ?? [], remembered) : undefined,
      ),
    }
  }),
  law('updateStateByKey sees no state before a key is new, and a state of 0 is a state', (dice, count) => {
    const batches = dice.pairs(count)
    const visits = (_values: readonly number[], state: number | undefined): number | undefined =>
      state === undefined ? 0 : state === 2 ? undefined : state + 1
    return {
      batches,
      build: (input) => input().updateStateByKey(visits),
      expected: states<number>(batches, [], (state, batch) => updated(state, batch!, visits)),
    }
  }),
  law('updateStateByKey begins with the first entry of each key of the initial RDD', (dice, count) => {
    const [batches, initial] = [dice.pairs(count, { gaps: true }), initialEntries(dice)]
    return {
      batches,
      build: (input, context) =>
        input().updateStateByKey(remembered, 3, context.sparkContext.parallelize(initial as [any, Tally][])),
      expected: states<Tally>(batches, firstOfEach(initial), (state, batch, i) =>
        running(batches, i) ? updated(state, batch ?? [], remembered) : undefined,
      ),
    }
  }),
  law('updateStateByKey over entries may change keys, with time and key it sees both', (dice, count) => {
    const batches = dice.pairs(count)
    const halve = (entries: Iterable<readonly [unknown, readonly number[], number | undefined]>): [unknown, number][] =>
      [...entries].flatMap(([key, values, state]): [unknown, number][] =>
        (state ?? 0) > 20 ? [] : [[key, values.reduce(add, (state ?? 0) + 1)]],
      )
    const timed = (
      time: { readonly milliseconds: number },
      key: unknown,
      values: readonly number[],
      state: string | undefined,
    ): string | undefined =>
      values.length > 3 ? undefined : `${state ?? ''}${(time.milliseconds / 1000) % 10}${key === null ? 'n' : ''}`
    return {
      batches,
      build: (input, context) => ({
        entries: input().updateStateByKey(halve as never, partitioned(context), true),
        timed: input().updateStateByKey(timed as never, partitioned(context), false),
      }),
      expected: {
        entries: states<number>(batches, [], (state, batch) =>
          halve(
            updated([...state], batch!, (values, known) => [values, known]).map(([key, [values, known]]) => [
              key,
              values,
              known,
            ]),
          ),
        ),
        timed: states<string>(batches, [], (state, batch, i) =>
          updated(state, batch!, (values, known, key) => timed({ milliseconds: (i + 1) * 1000 }, key, values, known)),
        ),
      },
    }
  }),
  law(
    'mapWithState is called once per record in order of arrival, and its snapshots hold the state after the batch',
    (dice, count) => {
      const [batches, initial, parts] = [dice.pairs(count, { gaps: true }), initialEntries(dice), dice.oneOf([1, 3])]
      return {
        batches,
        build: (input, context) => {
          const mapped = input().mapWithState(
            StateSpec.function(sumUpTo)
              .initialState(context.sparkContext.parallelize(initial as any, 2))
              .numPartitions(parts) as any,
          )
          return { mapped, state: mapped.stateSnapshots() }
        },
        expected: recordByRecord(batches, initial),
      }
    },
  ),
  law('mapWithState drops idle keys in the batches at which its state is checkpointed', (dice, count) => {
    const batches = dice.pairs(count, { gaps: true })
    const [idle, every] = [dice.between(1, 4), dice.between(1, 4)]
    return {
      batches,
      build: (input) => {
        const mapped = input().mapWithState(StateSpec.function(lastSeen).timeout(seconds(idle)) as any)
        mapped.checkpoint(seconds(every))
        return { mapped, state: mapped.stateSnapshots() }
      },
      expected: withTimeouts(batches, idle, every),
    }
  }),
]

/** Adds up to 8, then removes the key; shows what was there before. */
function sumUpTo(
  key: unknown,
  value: number | undefined,
  state: { getOption(): Tally | undefined; update(next: Tally): void; remove(): void; exists(): boolean },
): unknown {
  const before = state.getOption()
  const next = { n: (before?.n ?? 0) + 1, sum: (before?.sum ?? 0) + value! }
  if (next.sum <= 8) state.update(next)
  else if (state.exists()) state.remove()
  return [key, value, before]
}

function recordByRecord(batches: readonly Batch<readonly [unknown, number]>[], initial: readonly Entry<Tally>[]) {
  const state = new Map(lastOfEach(initial).map((entry) => [lookupKey(entry[0]), entry] as const))
  const mapped: unknown[][] = []
  const snapshots: unknown[][] = []
  for (const batch of batches) {
    mapped.push(
      (batch ?? []).map(([key, value]) => {
        const at = lookupKey(key)
        return sumUpTo(key, value, {
          getOption: () => state.get(at)?.[1],
          exists: () => state.has(at),
          remove: () => {
            state.delete(at)
          },
          update: (next) => {
            state.set(at, [Object.is(key, -0) ? 0 : key, next])
          },
        })
      }),
    )
    snapshots.push([...state.values()])
  }
  return { mapped, state: snapshots }
}

function lastSeen(
  _time: unknown,
  key: unknown,
  value: number | undefined,
  state: { isTimingOut(): boolean; get(): number; exists(): boolean; update(next: number): void },
): unknown {
  if (state.isTimingOut()) return [key, 'idle', state.get()]
  // Only new keys are updated: for the others, having received a record must be enough.
  if (!state.exists()) state.update(value!)
  return value === 0 ? undefined : [key, value]
}

function withTimeouts(batches: readonly Batch<readonly [unknown, number]>[], idle: number, every: number) {
  const state = new Map<unknown, { key: unknown; value: number; at: number }>()
  const mapped: unknown[][] = []
  const snapshots: unknown[][] = []
  batches.forEach((batch, i) => {
    const out: unknown[] = []
    for (const [key, value] of batch ?? []) {
      const known = state.get(lookupKey(key))
      state.set(lookupKey(key), { key: Object.is(key, -0) ? 0 : key, value: known?.value ?? value, at: i + 1 })
      if (value !== 0) out.push([key, value])
    }
    if ((i + 1) % every === 0) {
      for (const [at, { key, value, at: seen }] of state) {
        if (seen >= i + 1 - idle) continue
        out.push([key, 'idle', value])
        state.delete(at)
      }
    }
    mapped.push(out)
    snapshots.push([...state.values()].map(({ key, value }) => [key, value]))
  })
  return { mapped, state: snapshots }
}
