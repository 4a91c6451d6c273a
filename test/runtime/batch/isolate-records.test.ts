import assert from 'node:assert/strict'
import { test } from 'node:test'
import { app, type DStream, type OutputSink, type RDD, seconds, type State, StateSpec } from '../../../lib/index.ts'
import type { SluiceError } from '../../../lib/model/errors.ts'
import { testApp } from '../../../lib/testing/index.ts'

const nowhere: OutputSink<unknown> = {
  name: 'nowhere',
  guarantee: 'exactly-once',
  write: () => Promise.reject(new Error('a test must not reach a real sink')),
}

/** How often a function was called in the run of one test. */
let calls = 0

const parsed = (line: string): number => {
  calls++
  const value = Number(line)
  if (Number.isNaN(value)) throw new TypeError('not a number')
  return value
}

type Build = (lines: DStream<string>) => void

const lettersApp = (build: Build) =>
  app('letters', seconds(1), (ssc) => build(ssc.socketTextStream('localhost', 1)), { onError: 'dead-letter' })

/** Lines of which every so-many-th is no number. */
const lines = (count: number, badEvery: number): string[] =>
  Array.from({ length: count }, (_, i) => (i % badEvery === badEvery - 1 ? `bad ${i}` : String(i % 50)))

/** What a batch of these lines set aside, and how often each line was looked at for that. */
async function setAsideBy(build: Build, input: readonly string[], partitions = 3) {
  await using t = await testApp(lettersApp(build), { partitions })
  input.forEach((line, i) => t.source().add(line, { partition: i % partitions }))
  calls = 0
  await t.runBatch()
  const letters = await t.deadLetters()
  return { records: letters.map(({ record }) => String(record)), looks: calls / input.length }
}

/** Programs that fail in as many ways as there are places for a function of the user. */
const shapes: Record<string, Build> = {
  'in map': (stream) => stream.map(parsed).count().output('out', nowhere),
  'in a predicate': (stream) =>
    stream
      .filter((line) => parsed(line) >= 0)
      .count()
      .output('out', nowhere),
  'in flatMap, half-way': (stream) =>
    stream
      .flatMap(function* (line) {
        yield line
        yield parsed(line)
      })
      .count()
      .output('out', nowhere),
  'in a reduction': (stream) =>
    stream
      .map((line): [string, string] => ['all', line])
      .reduceByKey((a, b) => String(parsed(a) + parsed(b)))
      .output('out', nowhere),
  'over a partition': (stream) =>
    stream
      .mapPartitions(function* (all) {
        for (const line of all) yield parsed(line)
      })
      .count()
      .output('out', nowhere),
  'in mapAsync': (stream) =>
    stream
      .mapAsync(async (line) => parsed(line), { attempts: 1 })
      .count()
      .output('out', nowhere),
  'behind a repartition': (stream) => stream.repartition(4).map(parsed).count().output('out', nowhere),
  'behind a cache, for one reader': (stream) => {
    const kept = stream.cache()
    kept.count().output('all', nowhere)
    kept.map(parsed).count().output('out', nowhere)
  },
  'in groups of a key': (stream) =>
    stream
      .map((line): [number, string] => [line.length % 2, line])
      .groupByKey()
      .mapValues((all) => [...all].map(parsed).length)
      .output('out', nowhere),
  'in a join': (stream) => {
    const pairs = stream.map((line): [number, string] => [line.length % 2, line])
    const names = stream.map((line): [number, string] => [line.length % 2, 'x']).reduceByKey((a) => a)
    pairs
      .join(names)
      .map(([, [line]]) => parsed(line))
      .count()
      .output('out', nowhere)
  },
  'where a stream meets itself': (stream) => {
    const pairs = stream.map((line): [number, string] => [line.length % 2, line])
    pairs
      .cogroup(pairs)
      .mapValues(([all]) => all.map(parsed).length)
      .output('out', nowhere)
  },
  'as a line of text that cannot be written': (stream) =>
    stream
      .map((line) => (line.startsWith('bad') ? `${line}\ud800` : String(parsed(line))))
      .saveAsTextFiles('out', '', { name: 'out' }),
  'in an action that needs a record': (stream) =>
    stream
      .transform((rdd: RDD<string>) => {
        const most = rdd.map(parsed).max()
        return rdd.filter((line) => Number(line) === most)
      })
      .count()
      .output('out', nowhere),
  'in mapWithState': (stream) =>
    stream
      .map((line): [number, string] => [line.length % 2, line])
      .mapWithState(
        StateSpec.function((_key: number, line: string | undefined, state: State<number>) => {
          state.update((state.getOption() ?? 0) + parsed(line!))
          return line
        }),
      )
      .output('out', nowhere),
  'in updateStateByKey': (stream) =>
    stream
      .map((line): [number, string] => [line.length % 2, line])
      .updateStateByKey((values: readonly string[], sum: number | undefined) =>
        values.reduce((total, line) => total + parsed(line), sum ?? 0),
      )
      .output('out', nowhere),
  'in an action inside transform': (stream) =>
    stream
      .transform((rdd: RDD<string>) => {
        const [most] = rdd.map(parsed).top(1)
        return rdd.filter((line) => Number(line) === most)
      })
      .count()
      .output('out', nowhere),
}

for (const [where, build] of Object.entries(shapes))
  test(`every record that fails ${where} is found, in passes that do not grow with their number`, async () => {
    const few = await setAsideBy(build, lines(1200, 600))
    const many = await setAsideBy(build, lines(1200, 20))
    assert.deepEqual(few.records.sort(), ['bad 1199', 'bad 599'])
    assert.equal(many.records.length, 60)
    assert.ok(
      many.records.every((record) => record.startsWith('bad')),
      many.records.join(),
    )
    assert.ok(many.looks <= few.looks + 2, `${many.looks} looks at each for 60, ${few.looks} for 2`)
  })

test('what meets a record that fails, of another stream or in place, is not set aside for it', async () => {
  const program = app(
    'meetings',
    seconds(1),
    (ssc) => {
      const byName = (name: string) =>
        ssc.socketTextStream('localhost', 1, { name }).map((line): [string, string] => [line.slice(0, 1), line])
      const totals = byName('totals').reduceByKey((a) => a, 2)
      totals
        .cogroup(byName('orders'), 2)
        .cogroup(byName('users'), 2)
        .mapValues(([[both], users]) => both[1].map((line) => parsed(line.slice(1))).length * users.length)
        .output('out', nowhere)
    },
    { onError: 'dead-letter' },
  )
  await using t = await testApp(program)
  t.source('totals').addAll(['a total', 'b total'])
  t.source('users').addAll(['ann', 'aha', 'bob'])
  t.source('orders').addAll(['a1', 'a-', 'a3', 'b4', 'a5'])
  await t.runBatch()
  assert.deepEqual(
    (await t.deadLetters()).map(({ record }) => record),
    ['a-'],
  )
  assert.deepEqual(Object.fromEntries(t.output('out').rows), { a: 6, b: 1 })
})

test('90 of 100,000 records are found with less than four looks at each', async () => {
  const { records, looks } = await setAsideBy(shapes['in map'], lines(100_000, 1111), 1)
  assert.equal(records.length, 90)
  assert.ok(looks < 4, String(looks))
})

test('2 % of 100,000 records are too many: one pass is enough to say so', async () => {
  await using t = await testApp(lettersApp(shapes['in map']))
  t.source().addAll(lines(100_000, 50))
  calls = 0
  await assert.rejects(t.runBatch(), (error: SluiceError) => {
    assert.equal(error.code, 'E_DEAD_LETTERS')
    assert.match(error.message, /^More than 1000 of 100000 records/)
    return true
  })
  assert.ok(calls < 100_000, String(calls))
})

test('an action inside transform sees nothing of a record that fails behind it', async () => {
  const build: Build = (stream) =>
    stream
      .map((line): [string, number] => [line, line.startsWith('bad') ? 1000 : parsed(line)])
      .transform((rdd: RDD<[string, number]>) => {
        const [most] = rdd.map(([, n]) => n).top(1)
        return rdd.filter(([, n]) => n === most)
      })
      .map(([line]) => parsed(line))
      .output('out', nowhere)
  await using t = await testApp(lettersApp(build))
  t.source().addAll(['3', 'bad', '7', '7'])
  await t.runBatch()
  assert.deepEqual(t.output('out').rows, [7, 7])
  assert.deepEqual(
    (await t.deadLetters()).map(({ record }) => record),
    ['bad'],
  )
})

test('a letter that is tried again and fails again, and once more, names its first place', async () => {
  await using t = await testApp(lettersApp(shapes['in map']))
  t.source().addAll(['1', 'bad', '2'])
  await t.runBatch()
  const [first] = await t.deadLetters()
  const ids = new Set([first.id])
  for (let round = 0; round < 3; round++) {
    await t.retryDeadLetters()
    t.source().add('3')
    await t.runBatch()
    const [again, ...more] = await t.deadLetters()
    assert.deepEqual(more, [])
    assert.deepEqual(
      [again.source, again.split, again.index, again.retryOf],
      [first.source, first.split, first.index, first.id],
    )
    ids.add(again.id)
  }
  assert.equal(ids.size, 4)
})

test('where only several records of a key together fail, the one that completes them is set aside', async () => {
  const build: Build = (stream) =>
    stream
      .map((line): [string, string] => {
        if (line === 'alone') throw new TypeError('on its own')
        return [line.split(' ')[0], line]
      })
      .groupByKey()
      .mapValues((all) => {
        if (all.some((line) => line.endsWith('left')) && all.some((line) => line.endsWith('right')))
          throw new TypeError('both of them')
        return [...all].length
      })
      .output('out', nowhere)
  await using t = await testApp(lettersApp(build))
  const whole = Array.from({ length: 12 }, (_, key) => {
    const own = Array.from({ length: 3 + key }, (_line, i) => `${key} ${i}`)
    own.splice(key % 3, 0, `${key} left`)
    own.splice(2 + ((key * 5) % (own.length - 2)), 0, `${key} right`)
    return own
  })
  t.source().addAll([...whole.flat(), 'alone'])
  await t.runBatch()
  const letters = await t.deadLetters()
  assert.deepEqual(
    letters.map(({ record, message }) => [record, message]),
    [
      ...whole.map((own) => [own.filter((line) => /left|right/.test(line))[1], 'TypeError: both of them']),
      ['alone', 'TypeError: on its own'],
    ],
  )
  assert.deepEqual(
    (t.output('out').rows as [string, number][]).toSorted(([a], [b]) => Number(a) - Number(b)),
    whole.map((own, key) => [String(key), own.length - 1]),
  )
})
