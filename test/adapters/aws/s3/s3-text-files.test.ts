import assert from 'node:assert/strict'
import { test } from 'node:test'
import { S3BlobStore } from '../../../../lib/adapters/aws/s3/s3-blob-store.ts'
import { s3TextFiles, type S3TextOptions } from '../../../../lib/adapters/aws/s3/s3-text-files.ts'
import type { Cut } from '../../../../lib/model/manifest.ts'
import { hasCode } from '../../../../lib/model/errors.ts'
import type { Source } from '../../../../lib/source/source.ts'
import { memoryIo } from '../../../../lib/testing/contracts/source.ts'
import { emulated } from '../emulated.ts'

const { clients, bucket, fresh } = await emulated()
const io = memoryIo()

interface Place {
  readonly url: string
  readonly objects: S3BlobStore
}

function newPlace(): Place {
  const prefix = fresh()
  return { url: `s3://${bucket}/${prefix}`, objects: new S3BlobStore(clients, bucket, `${prefix}/`) }
}

const source = (url: string, options: S3TextOptions = {}): Source<string> => s3TextFiles(url, options, () => clients)
const cut = async (from: Source<string>, before: Cut | null = null): Promise<Cut> =>
  (await from.cut({ time: 2000, intervalMs: 1000, zeroTime: 0, position: before?.position ?? null, limit: null, io }))!

async function read(from: Source<string>, { splits }: Cut): Promise<string[][]> {
  return Promise.all(
    splits.map(async (split) => {
      const lines: string[] = []
      for await (const chunk of from.read(split, io)) lines.push(...chunk)
      return lines
    }),
  )
}

test(
  'every object below the prefix comes once, however long it has been there; one that is overwritten ' + 'comes again',
  async () => {
    const { url, objects } = newPlace()
    await objects.putNew('a', Buffer.from('1\n2\n'))
    await objects.putNew('deeper/b', Buffer.from('not read'))
    await objects.putNew('.hidden', Buffer.from('not read'))
    const lines = source(url)
    const first = await cut(lines)
    assert.deepEqual(await read(lines, first), [['1', '2']])
    const second = await cut(lines, first)
    assert.deepEqual(second.splits, [])
    await objects.delete('a')
    await objects.putNew('a', Buffer.from('3'))
    const third = await cut(source(url), second)
    assert.deepEqual(await read(lines, third), [['3']])
  },
)

test('a bucket that is not there holds nothing yet', async () => {
  assert.deepEqual((await cut(source('s3://no-such-bucket/in'))).splits, [])
})

test('what is not a place in S3 is refused before anything starts', () => {
  for (const url of ['/var/in', 'http://bucket/in', 's3://', 's3://UPPER/in'])
    assert.throws(
      () => source(url),
      (error) => hasCode(error, 'E_S3_URL'),
      url,
    )
})

test('wherever an object is split, each line belongs to one split and no line is cut', async () => {
  const texts = [
    '',
    '\n',
    'a',
    'a\n',
    '\n\n',
    'ab\n\ncde\nf',
    'ab\r\ncd\r\n',
    'Grüße\n𝄞\nx\n',
    `${'long '.repeat(5)}\nb\n\n`,
  ]
  for (const text of texts) {
    const { url, objects } = newPlace()
    await objects.putNew('a', Buffer.from(text))
    const whole = (await read(source(url), await cut(source(url)))).flat()
    assert.deepEqual(whole, text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/), JSON.stringify(text))
    for (let splitBytes = 1; splitBytes <= Math.min(8, Buffer.byteLength(text)); splitBytes++) {
      const lines = source(url, { splitBytes })
      const split = await cut(lines)
      assert.deepEqual((await read(lines, split)).flat(), whole, `${JSON.stringify(text)} in splits of ${splitBytes}`)
    }
  }
})

test('a line that goes on far behind its split is read to its end, and split by split the same as whole', async () => {
  const { url, objects } = newPlace()
  const long = Array.from({ length: 6 }, (_, i) => String(i).repeat(70_000 * (i + 1)))
  await objects.putNew('a', Buffer.from(long.join('\n')))
  for (const splitBytes of [50_000, 200_000, 2 ** 21]) {
    const lines = source(url, { splitBytes })
    assert.deepEqual((await read(lines, await cut(lines))).flat(), long)
  }
})

test('an object that changes or goes after the batch was made is an error, not other lines', async () => {
  const { url, objects } = newPlace()
  await objects.putNew('a', Buffer.from('one'))
  const lines = source(url)
  const planned = await cut(lines)
  await objects.delete('a')
  await assert.rejects(read(lines, planned), (error) => hasCode(error, 'E_FILE_GONE'))
  await objects.putNew('a', Buffer.from('two'))
  await assert.rejects(read(lines, planned), (error) => hasCode(error, 'E_FILE_CHANGED'))
})

test('gzip is refused in words, not read as text', async () => {
  const { url, objects } = newPlace()
  await objects.putNew('a.gz', Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 10, 65]))
  const lines = source(url)
  await assert.rejects(read(lines, await cut(lines)), (error) => hasCode(error, 'E_FILE_FORMAT'))
})
