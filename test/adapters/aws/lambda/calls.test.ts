import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Attributes } from '../../../../lib/adapters/aws/dynamo/app-item.ts'
import { s3TextFiles } from '../../../../lib/adapters/aws/s3/s3-files.ts'
import type { StreamingContext } from '../../../../lib/index.ts'
import { emulated } from '../emulated.ts'
import type { Between } from '../wrapped-clients.ts'
import { deployed, type Deployment } from './deployment.ts'
import { RecordedQueue } from './recorded-queue.ts'

const servers = await emulated()

/** Calls of services in one batch, by kind; what the source and `saveAsTextFiles` ask for themselves is not in it. */
interface Counted {
  readonly invocations: number
  readonly headWrites: number
  /** Of the largest item that was written. */
  readonly headBytes: number
  readonly headReads: number
  readonly puts: number
  readonly gets: number
  readonly lists: number
  readonly deletes: number
}

/** What an item counts as in a table: names and values. */
const itemBytes = (item: Attributes = {}): number =>
  Object.entries(item).reduce(
    (sum, [name, { S, N, B }]) => sum + name.length + Buffer.byteLength(S ?? N ?? '') + (B?.length ?? 0),
    0,
  )

/** Counts the calls that go through it. */
class Counter {
  #calls: { readonly what: string; readonly bytes: number }[] = []

  readonly between: Between = (send, { constructor: { name: what }, input }) => {
    this.#calls.push({ what, bytes: what === 'PutItemCommand' ? itemBytes(input.Item) : 0 })
    return send()
  }

  /** Since it was asked last. */
  take(): Counted {
    const calls = this.#calls
    this.#calls = []
    const of = (...whats: string[]): number => calls.filter(({ what }) => whats.includes(what)).length
    return {
      invocations: of('InvokeCommand'),
      headWrites: of('PutItemCommand'),
      headBytes: Math.max(...calls.map(({ bytes }) => bytes)),
      headReads: of('GetItemCommand', 'QueryCommand'),
      puts: of('PutObjectCommand'),
      gets: of('GetObjectCommand'),
      lists: of('ListObjectsV2Command'),
      deletes: of('DeleteObjectCommand', 'DeleteObjectsCommand'),
    }
  }
}

/** How often each word came since the start. */
const countingWords = (ssc: StreamingContext, place: string): void =>
  ssc
    .source('lines', s3TextFiles(`${place}/in`))
    .flatMap((line) => line.split(' '))
    .map((word) => [word, 1] as [string, number])
    .updateStateByKey<number>((added, sum) => added.reduce((a, b) => a + b, sum ?? 0))
    .foreachRDD(() => {})

interface CountedRun extends Deployment {
  readonly batches: readonly Counted[]
}

/** Batches of these inputs, each an invocation of its own, and what each costs. */
async function counted(inputs: readonly (readonly string[])[], define = countingWords): Promise<CountedRun> {
  const counter = new Counter()
  const deployment = await deployed(servers, define, { slots: 4, between: counter.between })
  const batches: Counted[] = []
  for (const [batch, files] of inputs.entries()) {
    for (const [i, text] of files.entries()) await deployment.put(`${batch}-${i}`, text)
    counter.take()
    assert.deepEqual(await deployment.tick(), { busy: false, batches: 1, committed: batch + 1 })
    batches.push(counter.take())
  }
  return { ...deployment, batches }
}

test('of a batch of 10 MB no reducer reads more than its sections, each block once', async () => {
  const gets: { readonly key: string; readonly bytes: number }[] = []
  const { put, tick } = await deployed(
    servers,
    (ssc, place) =>
      ssc
        .source('lines', s3TextFiles(`${place}/in`))
        .map((line) => [line.slice(0, 12), line] as [string, string])
        .groupByKey(8)
        .foreachRDD(() => {}),
    {
      slots: 4,
      async between(send, { constructor: { name: what }, input }) {
        const answer = await send()
        const bytes = (answer as { ContentLength?: number }).ContentLength ?? input.Body?.length ?? 0
        if (what === 'PutObjectCommand' && input.Key.includes('/blk/')) written += bytes
        if (what === 'GetObjectCommand' && input.Key.includes('/blk/')) gets.push({ key: input.Key, bytes })
        return answer
      },
    },
  )
  let written = 0
  const line = (file: number, i: number): string =>
    `${((i * 7919 + file * 104_729) % 1e9).toString(36)} ${'x'.repeat(80)}`
  for (let file = 0; file < 4; file++)
    await put(`large-${file}`, Array.from({ length: 28_000 }, (_, i) => line(file, i)).join('\n'))
  assert.deepEqual(await tick(), { busy: false, batches: 1, committed: 1 })
  const read = gets.reduce((sum, { bytes }) => sum + bytes, 0)
  assert.ok(written > 9e6, `${written} bytes of blocks`)
  assert.ok(read <= written * 1.1, `${read} of ${written} bytes were read`)
  // Four map tasks, and four reducers that each read two sections side by side.
  assert.equal(gets.length, 16)
})

/** Four files of 2 kB, with words that come again. */
const smallBatch = Array.from({ length: 4 }, (_, file) =>
  Array.from({ length: 500 }, (_w, i) => `w${(i * 7 + file) % 40}`).join(' '),
)

test('a small batch is two calls of functions, two writes of a head of 1 kB, and nothing is listed', async () => {
  const { batches } = await counted(Array.from({ length: 24 }, (_, batch) => (batch === 2 ? [] : smallBatch)))
  for (const { invocations, headWrites, headBytes, headReads } of batches.slice(1)) {
    assert.deepEqual({ invocations, headWrites, headReads }, { invocations: 2, headWrites: 2, headReads: 2 })
    assert.ok(headBytes <= 1024, `${headBytes} bytes`)
  }
  const sumOf = (count: (each: Counted) => number): number =>
    batches.slice(1).reduce((sum, each) => sum + count(each), 0)
  // What was read moves to an object after each twenty files, which is read once, and once more for the next one; what
  // lies there from before is looked for once. The second batch reads the description of the program.
  assert.deepEqual([sumOf(({ puts }) => puts), sumOf(({ lists }) => lists)], [4, 1])
  assert.ok(sumOf(({ gets }) => gets) <= 1 + 2 * 4)
  assert.deepEqual(
    batches.slice(1, 5).map(({ puts, gets, lists, deletes }) => ({ puts, gets, lists, deletes })),
    [1, 0, 0, 0].map((gets) => ({ puts: 0, gets, lists: 0, deletes: 0 })),
  )
})

test('a batch that is not small is spread over its slots, and reduced by as many tasks as it is worth', async () => {
  const large = Array.from({ length: 4 }, (_, file) => `${smallBatch[file]} `.repeat(400))
  const {
    batches: [, { invocations, headWrites, puts, gets }],
  } = await counted([smallBatch, large], (ssc, place) =>
    ssc
      .source('lines', s3TextFiles(`${place}/in`))
      .flatMap((line) => line.split(' '))
      .map((word) => [word, 1] as [string, number])
      .reduceByKey((a, b) => a + b)
      .foreachRDD(() => {}),
  )
  // Its plan, four tasks that map, one that reduces what is left of them, and the output.
  assert.deepEqual({ invocations, headWrites, puts, gets }, { invocations: 7, headWrites: 2, puts: 0, gets: 1 })
})

test('blocks of some hundred kilobytes travel to the reducers, each of which is sent its sections', async () => {
  const lines = (file: number): string =>
    Array.from(
      { length: 3000 },
      (_, i) => `${((i * 7919 + file * 104_729) % 1e9).toString(36)} ${'x'.repeat(80)}`,
    ).join('\n')
  const { batches } = await counted([[0, 1, 2, 3].map(lines)], (ssc, place) =>
    ssc
      .source('lines', s3TextFiles(`${place}/in`))
      .map((line) => [line.slice(0, 12), line] as [string, string])
      .groupByKey(8)
      .count()
      .foreachRDD(() => {}),
  )
  const [{ puts, gets }] = batches
  // The description of the program, which the first batch writes.
  assert.deepEqual({ puts, gets }, { puts: 1, gets: 0 })
})

/** Forty words a batch of some thousand that there are. */
const words = (batch: number): string =>
  Array.from({ length: 4000 }, (_, i) => `word-${i}`)
    .concat(batch > 0 ? [] : ['first'])
    .join(' ')

test('state that is no longer small is one object a batch, and stays warm: it is not read again', async () => {
  const changing = (batch: number): string[] => [batch === 0 ? words(0) : words(batch).slice(0, 20_000)]
  const { batches } = await counted([0, 1, 2, 3].map(changing))
  for (const { invocations, puts, gets, headWrites } of batches.slice(2)) {
    // What is shown is an object for each partition, and read.
    const calls = { invocations, puts: puts - 4, gets: gets - 4, headWrites }
    assert.deepEqual(calls, { invocations: 2, puts: 1, gets: 0, headWrites: 2 })
  }
})

test('a tick through the queue costs what one of the schedule does, and nothing more is sent', async () => {
  const [queue, counter] = [new RecordedQueue(), new Counter()]
  const { clock, invoke, put } = await deployed(servers, countingWords, {
    slots: 4,
    intervalMs: 10_000,
    tickQueue: queue.url,
    between: (send, command) => counter.between(() => queue.between(send, command), command),
  })
  assert.deepEqual(await invoke({ source: 'aws.events', time: '2026-01-01T00:00:10Z' }), { ticks: 6 })
  for (let batch = 1; batch <= 4; batch++) {
    for (const [i, text] of smallBatch.entries()) await put(`${batch}-${i}`, text)
    await clock.advance(10_000)
    counter.take()
    assert.deepEqual(await invoke(queue.take(1)), { busy: false, batches: 1, committed: batch })
    const { headBytes: _headBytes, ...calls } = counter.take()
    if (batch > 2)
      assert.deepEqual(calls, { invocations: 2, headWrites: 2, headReads: 2, puts: 0, gets: 0, lists: 0, deletes: 0 })
  }
  assert.deepEqual([queue.requests, queue.deleted], [1, []])
})
