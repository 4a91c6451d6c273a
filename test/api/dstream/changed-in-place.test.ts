import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type State, StateSpec, StateUpdate } from '../../../lib/index.ts'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'
import { assertSame, BATCH_MS, type Build, check, runBatches } from '../../support/run.ts'

interface Clicks {
  clicks: number
  readonly pages: string[]
}

/** Never calls `update` once there is state. */
const clicksOf = (_user: string, _one: number | undefined, state: State<Clicks>): number => {
  if (!state.exists()) state.update({ clicks: 0, pages: [] })
  state.get().clicks++
  state.getOption()!.pages.push('/')
  return state.get().clicks * 100 + state.get().pages.length
}

const users = Array.from({ length: 6 }, () => [['ann', 1]])

test('state of mapWithState that is changed in place, without update, is kept over a restart', async (t) => {
  await check((input) => input().mapWithState(StateSpec.function(clicksOf)), {
    batches: users,
    expected: [1, 2, 3, 4, 5, 6].map((n) => [n * 101]),
    dir: await temporaryFolder(t),
    lives: [{ batches: 2 }, { batches: 2 }, { batches: 2 }],
  })
})

test('what a mapping returns is not its state: who changes it further down changes nothing', async (t) => {
  const changing: Build = (input) =>
    input()
      .mapWithState(
        StateSpec.function((_user: string, _one: number | undefined, state: State<Clicks>) => {
          const now = state.getOption() ?? { clicks: 0, pages: [] }
          now.clicks++
          state.update(now)
          return now
        }),
      )
      .map((clicks: Clicks) => (clicks.clicks += 1000))
  await check(changing, {
    batches: users,
    expected: [1001, 1002, 1003, 1004, 1005, 1006].map((n) => [n]),
    dir: await temporaryFolder(t),
    lives: [{ batches: 3 }, { batches: 3 }],
  })
})

interface Hits {
  count: number
}
/** Changes and returns its second argument. */
const add = (a: Hits, b: Hits): Hits => {
  b.count += a.count
  return b
}
const subtract = (a: Hits, b: Hits): Hits => {
  b.count = a.count - b.count
  return b
}
const countOf = ([, { count }]: [unknown, Hits]): number => count

test('a reduction that changes and returns its second argument reduces windows as any other', async (t) => {
  const inPanes: Build = (input) => {
    const pairs = input().map(() => ['page', { count: 1 }] as [string, Hits])
    return {
      plain: pairs.reduceByKeyAndWindow(add, 4 * BATCH_MS, BATCH_MS).map(countOf),
      inverse: pairs.reduceByKeyAndWindow(add, subtract, 4 * BATCH_MS, BATCH_MS).map(countOf),
    }
  }
  const batches = Array.from({ length: 14 }, () => [1])
  const expected = batches.map((_, i) => [Math.min(i + 1, 4)])
  await check(inPanes, {
    batches,
    expected: { plain: expected, inverse: expected },
    dir: await temporaryFolder(t),
    lives: [{ batches: 9 }, { batches: 5 }],
  })
})

test('a cached stream, state and a window give each of their readers records of its own', async () => {
  const build: Build = (input) => {
    const records = input()
      .map((n: number) => ['k', { count: n }] as [string, Hits])
      .cache()
    const state = records.updateStateByKey((values: readonly Hits[], sum?: Hits) => ({
      count: values.reduce((all, { count }) => all + count, sum?.count ?? 0),
    }))
    const window = records.reduceByKeyAndWindow(add, 2 * BATCH_MS, BATCH_MS)
    const spoilt = [records, state, window].map((stream) =>
      stream.map((pair: any) => {
        pair[1].count += 1000
        pair[0] += '!'
        return pair[1].count as number
      }),
    )
    return Object.fromEntries(
      [records, state, window].flatMap((stream: any, i) => [
        [`spoilt${i}`, spoilt[i]],
        [`clean${i}`, stream.map(countOf)],
      ]),
    )
  }
  const { shown, errors } = await runBatches(build, [[1], [2], [4]])
  assert.deepEqual(errors, [])
  for (const [i, expected] of [
    [[1], [2], [4]],
    [[1], [3], [7]],
    [[1], [3], [6]],
  ].entries()) {
    assertSame(shown[`clean${i}`], expected, `clean ${i}`)
    assertSame(
      shown[`spoilt${i}`],
      expected.map(([n]) => [n + 1000]),
      `spoilt ${i}`,
    )
  }
})

test('what a state function returned is kept as it was, whatever the program does to it afterwards', async (t) => {
  const build: Build = (input) => {
    const returned: Hits[] = []
    const counted = (values: readonly number[], hits: Hits = { count: 0 }): Hits => {
      for (const earlier of returned) earlier.count += 1000
      hits.count += values.length
      returned.push(hits)
      return hits
    }
    const all = StateUpdate.entries<string, number, Hits>((entries) =>
      Array.from(entries, ([key, values, hits]) => [key, counted(values, hits)]),
    )
    const each = (values: readonly number[], hits: Hits | undefined): Hits => counted(values, hits)
    return { each: input().updateStateByKey(each).map(countOf), all: input().updateStateByKey(all).map(countOf) }
  }
  await check(build, {
    batches: users,
    expected: { each: [1, 2, 3, 4, 5, 6].map((n) => [n]), all: [1, 2, 3, 4, 5, 6].map((n) => [n]) },
    dir: await temporaryFolder(t),
    lives: [{ batches: 4 }, { batches: 2 }],
  })
})

test('a key of state that the program changes afterwards is the key that it was', async () => {
  let key: string[] = []
  const build: Build = (input) =>
    input()
      .map((): [string[], number] => [(key = ['ann']), 1])
      .updateStateByKey((values: readonly number[], sum = 0) => {
        key[0] = 'spoilt'
        return sum + values.length
      })
      .map(([user, sum]) => [...user, sum])
  await check(build, { batches: [[1], [1], [1]], expected: [[['ann', 1]], [['ann', 2]], [['ann', 3]]] })
})

class Visit {
  readonly page: string
  constructor(page: string) {
    this.page = page
  }
  title(): string {
    return `Page ${this.page}`
  }
}

test('an instance of a class is what it was for every reader of a cached stream', async () => {
  const build: Build = (input) => {
    const visits = input()
      .map((page: string) => [page, new Visit(page)] as [string, Visit])
      .cache()
    const titles = visits.map(([, visit]) => visit.title())
    return { one: titles, other: titles }
  }
  const expected = [['Page /'], ['Page /cart']]
  await check(build, { batches: [['/'], ['/cart']], expected: { one: expected, other: expected } })
})

test('state that is an instance of a class is refused, also by mapWithState', async () => {
  const visit = (page: string, _value: number | undefined, state: State<Visit>): string => {
    state.update(new Visit(page))
    return page
  }
  const { errors } = await runBatches((input) => input().mapWithState(StateSpec.function(visit)), [[['/', 1]]])
  assert.equal(errors[0].code, 'E_NOT_SERIALISABLE')
  assert.match(errors[0].message, /an instance of Visit/)
})

test('who changes what came out of a shuffle changes nothing for its next reader, whatever lies beside it', () =>
  check(
    (input, ssc) =>
      input().transform((rdd) => {
        const dealt = rdd.repartition(1)
        dealt.foreach((record) => {
          if (typeof record === 'object') record.count += 10
        })
        return ssc.sparkContext.parallelize(dealt.collect())
      }),
    { batches: [[1, { count: 1 }, 'a']], expected: [[1, { count: 1 }, 'a']], splits: 1 },
  ))
