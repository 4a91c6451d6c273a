import assert from 'node:assert/strict'
import { test } from 'node:test'
import { s3TextFiles } from '../../../../lib/adapters/aws/s3/s3-files.ts'
import { emulated } from '../emulated.ts'
import { deployed } from './deployment.ts'

const servers = await emulated()

/** Calls of services in one batch, by kind; what the source and `saveAsTextFiles` ask for themselves is not in it. */
interface Counted {
  readonly invocations: number
  readonly headWrites: number
  readonly headBytes: number
  readonly headReads: number
  readonly puts: number
  readonly gets: number
  readonly lists: number
  readonly deletes: number
}

/** Batches of these inputs, each an invocation of its own, and what each costs. */
async function counted(inputs: readonly (readonly string[])[], slots: number): Promise<Counted[]> {
  let calls: { readonly what: string; readonly bytes: number }[] = []
  const { put, tick } = await deployed(
    servers,
    (ssc, place) =>
      ssc
        .source('lines', s3TextFiles(`${place}/in`))
        .flatMap((line) => line.split(' '))
        .map((word) => [word, 1] as [string, number])
        .updateStateByKey<number>((added, sum) => added.reduce((a, b) => a + b, sum ?? 0))
        .foreachRDD(() => {}),
    {
      slots,
      between: (send, { constructor: { name: what }, input }) => {
        calls.push({ what, bytes: input.Item?.value?.B?.length ?? 0 })
        return send()
      },
    },
  )
  const found: Counted[] = []
  for (const [batch, files] of inputs.entries()) {
    for (const [i, text] of files.entries()) await put(`${batch}-${i}`, text)
    calls = []
    assert.deepEqual(await tick(), { busy: false, batches: 1, committed: batch + 1 })
    const of = (...whats: string[]): number => calls.filter(({ what }) => whats.includes(what)).length
    found.push({
      invocations: of('InvokeCommand'),
      headWrites: of('PutItemCommand'),
      headBytes: Math.max(...calls.map(({ bytes }) => bytes)),
      headReads: of('GetItemCommand', 'QueryCommand'),
      puts: of('PutObjectCommand'),
      gets: of('GetObjectCommand'),
      lists: of('ListObjectsV2Command'),
      deletes: of('DeleteObjectCommand', 'DeleteObjectsCommand'),
    })
  }
  return found
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
  Array.from({ length: 350 }, (_w, i) => `w${(i * 7 + file) % 40}`).join(' '),
)

test('a small batch is two calls of functions, two writes of the head, and nothing is listed', async () => {
  const batches = await counted([smallBatch, smallBatch, [], smallBatch], 4)
  for (const { invocations, headWrites, headBytes, headReads, puts, gets, lists, deletes } of batches.slice(1)) {
    assert.deepEqual(
      { invocations, headWrites, lists, deletes },
      { invocations: 2, headWrites: 2, lists: 0, deletes: 0 },
    )
    assert.deepEqual({ headReads, gets, puts }, { headReads: 2, gets: 1, puts: 0 })
    assert.ok(headBytes < 4096, `${headBytes} bytes`)
  }
})

test('a batch that is not small is spread over its slots', async () => {
  const large = Array.from({ length: 4 }, (_, file) => smallBatch[file].repeat(400))
  const [, batch] = await counted([smallBatch, large], 4)
  assert.ok(batch.invocations >= 6 && batch.headWrites === 2, JSON.stringify(batch))
})
