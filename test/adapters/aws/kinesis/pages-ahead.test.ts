import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KinesisStream, Page } from '../../../../lib/adapters/aws/kinesis/kinesis-stream.ts'
import { PagesAhead } from '../../../../lib/adapters/aws/kinesis/pages-ahead.ts'
import type { ShardSplit } from '../../../../lib/adapters/aws/kinesis/position.ts'
import { memoryIo } from '../../../../lib/testing/contracts/source.ts'

/** Answers when it is told to. */
class SlowStream {
  readonly asked: string[] = []
  #answer: () => void = () => {}
  readonly #answered = new Promise<void>((resolve) => {
    this.#answer = resolve
  })

  async iterator(shard: string): Promise<string> {
    this.asked.push(shard)
    await this.#answered
    return shard
  }

  async page(iterator: string): Promise<Page> {
    if (iterator === 'lost') throw new Error('as asked')
    return { records: [], next: `${iterator} goes on`, behindMs: 0, children: [] }
  }

  answer(): void {
    this.#answer()
  }
}

const pagesOf = (stream: SlowStream): PagesAhead => new PagesAhead(stream as unknown as KinesisStream)
const split = (shard: string, bytes?: number): ShardSplit => ({
  shard,
  from: { seq: '1' },
  most: 10,
  ...(bytes === undefined ? {} : { bytes }),
})
const io = memoryIo()

test('shards of a small batch are asked side by side, and each page is handed out once', async () => {
  const stream = new SlowStream()
  const pages = pagesOf(stream)
  const splits = ['a', 'b', 'c'].map((shard) => split(shard, 1000))
  const end = pages.begin(splits, io)
  assert.deepEqual(stream.asked, ['a', 'b', 'c'])
  stream.answer()
  assert.equal((await pages.take(splits[1]))?.page.next, 'b goes on')
  assert.equal(pages.take(splits[1]), null)
  await end()
  assert.equal(pages.take(splits[0]), null)
})

test('where there is much to read, or nobody knows how much, shards are read one after the other', async () => {
  const stream = new SlowStream()
  const pages = pagesOf(stream)
  await pages.begin([split('a', 1000), split('b')], io)()
  await pages.begin([split('a', 600_000), split('b', 600_000)], io)()
  assert.deepEqual([stream.asked, pages.take(split('a', 1000))], [[], null])
})

test('a page that could not be read fails its own shard, when that is read', async () => {
  const stream = new SlowStream()
  const pages = pagesOf(stream)
  const splits = ['lost', 'found'].map((shard) => split(shard, 1000))
  const end = pages.begin(splits, io)
  stream.answer()
  await assert.rejects(pages.take(splits[0])!, /as asked/)
  assert.equal((await pages.take(splits[1]))?.page.next, 'found goes on')
  await end()
})

test('the end waits for what is under way', async () => {
  const stream = new SlowStream()
  let ended = false
  const ending = pagesOf(stream)
    .begin([split('a', 1), split('b', 1)], io)()
    .then(() => (ended = true))
  await new Promise((resolve) => setImmediate(resolve))
  assert.equal(ended, false)
  stream.answer()
  assert.equal(await ending, true)
})
