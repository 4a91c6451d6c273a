import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import {
  app,
  type AsyncCall,
  type DStream,
  type MapAsyncOptions,
  type OutputSink,
  seconds,
  type SluiceError,
} from '../../../../lib/index.ts'
import { testApp } from '../../../../lib/testing/index.ts'

const nowhere: OutputSink<any> = {
  name: 'nowhere',
  guarantee: 'exactly-once',
  write: () => Promise.reject(new Error('a test must not reach a real sink')),
}

/** An app with one output per stream that `build` gives. */
const program = (
  build: (lines: DStream<string>) => { readonly [output: string]: DStream<any> },
  onError: 'fail' | 'dead-letter' = 'fail',
) =>
  app(
    'async',
    seconds(1),
    (ssc) => {
      for (const [name, stream] of Object.entries(build(ssc.socketTextStream('localhost', 1))))
        stream.output(name, nowhere)
    },
    { onError },
  )

/** The rows of one batch of `records` through `mapAsync(f, options)`. */
async function rowsOf<U>(
  records: readonly string[],
  f: (record: string, call: AsyncCall) => Promise<U>,
  options?: MapAsyncOptions,
): Promise<readonly unknown[]> {
  await using t = await testApp(program((lines) => ({ out: lines.mapAsync(f, options) })))
  await t.run([records], { output: 'out' })
  return t.output('out').rows
}

async function failureOf(
  records: readonly string[],
  f: (record: string, call: AsyncCall) => Promise<unknown>,
  options?: MapAsyncOptions,
): Promise<SluiceError> {
  let failure: unknown
  await rowsOf(records, f, options).catch((error: unknown) => {
    failure = error
  })
  assert.ok(failure, 'the batch failed')
  return failure as SluiceError
}

const letters = 'abcdefgh'.split('')

test('results come in the order of the records, whoever answers first', async () => {
  const rows = await rowsOf(letters, async (letter) => {
    await sleep(20 - 2 * letters.indexOf(letter))
    return letter.toUpperCase()
  })
  assert.deepEqual(rows, 'ABCDEFGH'.split(''))
})

test('unordered results come in the order of the answers', async () => {
  const answers: string[] = []
  const f = async (letter: string): Promise<string> => {
    await sleep(letter === 'a' ? 50 : 0)
    answers.push(letter)
    return letter
  }
  assert.deepEqual(await rowsOf(letters, f, { ordered: false }), answers)
  assert.equal(answers.at(-1), 'a')
})

test('no more calls are under way than asked for, and as many as that', async () => {
  let [now, most] = [0, 0]
  await rowsOf(
    letters,
    async () => {
      most = Math.max(most, ++now)
      await sleep(2)
      now--
    },
    { concurrency: 3 },
  )
  assert.equal(most, 3)
})

test('a record is tried again, and its attempts are counted', async () => {
  const attempts: number[] = []
  const rows = await rowsOf(['a'], async (letter, { attempt }) => {
    attempts.push(attempt)
    if (attempt < 3) throw new Error('busy')
    return letter
  })
  assert.deepEqual([rows, attempts], [['a'], [1, 2, 3]])
})

test('a record that fails at its last attempt fails the batch, with operator, place, record and attempts', async () => {
  const calls: string[] = []
  const error = await failureOf(
    ['a', 'b'],
    async (letter) => {
      calls.push(letter)
      if (letter === 'b') throw new TypeError('no such letter')
    },
    { attempts: 2, name: 'lookup' },
  )
  assert.equal(error.code, 'E_USER_CODE')
  assert.equal(error.message, 'TypeError: no such letter (record 1 of its partition, 2 attempts)')
  assert.deepEqual([error.where.operator, error.where.batch, error.where.offset], ['lookup', 1, 1])
  assert.match(error.where.place!, /map-async\.test\.ts:\d+/)
  // The task is not tried again: the attempts were the record's.
  assert.deepEqual(calls, ['a', 'b', 'b'])
})

test('an attempt that takes too long is given up, and its signal aborts', async () => {
  const aborted: unknown[] = []
  const f = (_letter: string, { signal }: AsyncCall): Promise<never> =>
    new Promise(() => signal.addEventListener('abort', () => aborted.push(signal.reason.message)))
  const error = await failureOf(['a'], f, { timeout: 20, attempts: 2 })
  assert.equal(error.code, 'E_USER_CODE')
  assert.equal(error.message, 'Error: no answer within 20 ms (record 0 of its partition, 2 attempts)')
  assert.deepEqual(aborted, ['no answer within 20 ms', 'no answer within 20 ms'])
  assert.match(error.where.place!, /map-async\.test\.ts:\d+/)
})

test('a failure aborts the calls of other records, and no more are made', async () => {
  const ends: string[] = []
  const calls: string[] = []
  const error = await failureOf(
    letters,
    async (letter, { signal }) => {
      calls.push(letter)
      if (letter === 'b') throw new Error('no')
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      ends.push(letter)
    },
    { attempts: 1, concurrency: 3 },
  )
  assert.equal(error.message, 'Error: no (record 1 of its partition, 1 attempt)')
  assert.deepEqual([calls, ends], [['a', 'b', 'c'], ['a', 'c']]) // prettier-ignore
})

test('records that fail after their attempts become dead letters, and all others count', async () => {
  const build = (lines: DStream<string>) => ({
    out: lines.mapAsync(
      async (letter) => {
        if (letter === 'c' || letter === 'f') throw new Error(`no ${letter}`)
        return letter
      },
      { attempts: 1 },
    ),
  })
  await using t = await testApp(program(build, 'dead-letter'))
  await t.run([letters], { output: 'out' })
  assert.deepEqual(t.output('out').rows, 'abdegh'.split(''))
  const found = await t.deadLetters()
  assert.deepEqual(
    found.map(({ record, code, message }) => [record, code, message]),
    [
      ['c', 'E_USER_CODE', 'Error: no c (record 2 of its partition, 1 attempt)'],
      ['f', 'E_USER_CODE', 'Error: no f (record 5 of its partition, 1 attempt)'],
    ],
  )
  assert.match(found[0].place!, /map-async\.test\.ts:\d+/)
})

test('a record is looked up once, however many outputs, windows, joins and unions see the answer', async () => {
  const calls: string[] = []
  const build = (lines: DStream<string>) => {
    const found = lines.mapAsync(async (letter) => {
      calls.push(letter)
      return [letter, letter.toUpperCase()]
    })
    return {
      window: found.window(seconds(2)),
      joined: found.join(found.mapValues((upper) => `${upper}!`)),
      union: found.union(found).map(([letter]) => letter),
      cached: found
        .cache()
        .map(([, upper]) => [upper, 1])
        .reduceByKey((a, b) => a + b),
    }
  }
  await using t = await testApp(program(build), { partitions: 2 })
  t.source().add('a', { partition: 0 })
  t.source().add('b', { partition: 1 })
  await t.runBatch()
  t.source().add('c', { partition: 1 })
  await t.runBatch()
  assert.deepEqual(calls, ['a', 'b', 'c'])
  const sorted = (output: string): unknown[] =>
    t
      .output(output)
      .rows.map((row) => JSON.stringify(row))
      .toSorted()
  assert.deepEqual(sorted('window'), ['["a","A"]', '["b","B"]', '["c","C"]'])
  assert.deepEqual(sorted('joined'), ['["c",["C","C!"]]'])
  assert.deepEqual(sorted('union'), ['"c"', '"c"'])
  assert.deepEqual(sorted('cached'), ['["C",1]'])
})

test('a batch that crashed asks again, and its results count once', async () => {
  const calls: string[] = []
  const build = (lines: DStream<string>) => ({
    out: lines.mapAsync(async (letter) => {
      calls.push(letter)
      return letter
    }),
  })
  await using t = await testApp(program(build))
  t.crash({ batch: 1, at: 'before-commit' })
  await t.run([['a', 'b']], { output: 'out' })
  assert.deepEqual(t.output('out').rows, ['a', 'b'])
  assert.deepEqual(calls, ['a', 'b', 'a', 'b'])
})

test('a promise inside of the answer is no value', async () => {
  const error = await failureOf(['a'], async (letter) => [letter, Promise.resolve(1)] as const, { attempts: 1 })
  assert.equal(error.code, 'E_ASYNC')
  assert.match(error.where.place!, /map-async\.test\.ts:\d+/)
})

for (const [option, value] of [
  ['concurrency', 0],
  ['attempts', 0],
  ['concurrency', 1.5],
] as const)
  // prettier-ignore
  test(`mapAsync refuses ${option} ${value} where it is written`, () => {
    const define = program((lines) => ({ out: lines.mapAsync(async (letter) => letter, { [option]: value }) }))
    assert.throws(
      () => define.build(),
      (error: SluiceError) => error.code === 'E_ARGUMENT' && /map-async\.test\.ts:\d+/.test(error.where.place!),
    )
  })
