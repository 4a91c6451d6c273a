import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { type AwsClients, awsClients } from '../../../../lib/adapters/aws/clients.ts'
import { s3Directory } from '../../../../lib/adapters/aws/s3/s3-location.ts'
import { S3BlobStore } from '../../../../lib/adapters/aws/s3/s3-blob-store.ts'
import { s3BinaryRecords, s3Files, s3TextFiles, type S3TextOptions } from '../../../../lib/adapters/aws/s3/s3-files.ts'
import { ManualClock } from '../../../../lib/adapters/local/manual-clock.ts'
import type { Json } from '../../../../lib/model/json.ts'
import type { Cut } from '../../../../lib/model/manifest.ts'
import { hasCode } from '../../../../lib/model/errors.ts'
import type { FileSplit } from '../../../../lib/source/file-splits.ts'
import type { CutRequest, Source, SourceIo } from '../../../../lib/source/source.ts'
import type { Undecoded } from '../../../../lib/source/undecoded.ts'
import { memoryIo, readAll, sourceContract } from '../../../../lib/testing/contracts/source.ts'
import type { SourceUnderTest } from '../../../../lib/testing/contracts/source-batches.ts'
import { withSeeds } from '../../../support/dice.ts'
import { emulated } from '../emulated.ts'
import { HttpFaults, throttlings } from '../http-faults.ts'

const { clients, emulators, bucket, fresh } = await emulated()
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
let time = 2000
const request = (before: Cut | null): CutRequest => ({
  time: (time += 1000),
  intervalMs: 1000,
  zeroTime: 0,
  position: before?.position ?? null,
  limit: null,
  io,
})
const cut = async (from: Source<string>, before: Cut | null = null): Promise<Cut> => (await from.cut(request(before)))!

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

async function readAllOf(from: Source<string>, report?: SourceIo['undecoded']): Promise<string[]> {
  const { splits } = await cut(from)
  return readAll(from, splits, { ...io, ...(report ? { undecoded: report } : {}) })
}

const LINES = Array.from({ length: 3000 }, (_, i) => `line ${i} ${'x'.repeat(i % 50)}`)
const TEXT = `${LINES.join('\n')}\n`
const inFrames = (text: string): Buffer =>
  Buffer.concat([
    zstdCompressSync(text.slice(0, 100)),
    // A frame that decoders skip.
    Buffer.from([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]),
    zstdCompressSync(text.slice(100, 50_000)),
    zstdCompressSync(text.slice(50_000)),
  ])

test('gzip and zstd are unpacked, of several members and whatever their names, and belong to one split', async () => {
  const gzip = Buffer.concat([gzipSync(TEXT.slice(0, 1000)), gzipSync(TEXT.slice(1000))])
  for (const [name, bytes] of [
    ['a.gz', gzip],
    ['plain-name', gzip],
    ['a.zst', inFrames(TEXT)],
    ['also-plain', inFrames(TEXT)],
  ] as const) {
    const { url, objects } = newPlace()
    await objects.putNew(name, bytes)
    for (const splitBytes of [2 ** 20, 500]) assert.deepEqual(await readAllOf(source(url, { splitBytes })), LINES, name)
  }
})

test('B22: a gzip bomb in S3 stops at the limit of bytes, or at that of the ratio', async () => {
  const { url, objects } = newPlace()
  await objects.putNew('bomb.gz', gzipSync(Buffer.alloc(60 * 2 ** 20, 10)))
  for (const options of [{}, { maxInflatedBytes: 2 ** 20 }])
    await assert.rejects(readAllOf(source(url, options)), (error) => hasCode(error, 'E_FILE_INFLATE'))
})

test('a packed object that is cut short fails its batch, or is left out whole as the policy says', async () => {
  const { url, objects } = newPlace()
  await objects.putNew('a.gz', gzipSync(TEXT).subarray(0, 2000))
  await objects.putNew('b.zst', inFrames(TEXT).subarray(0, 2000))
  await objects.putNew('c', Buffer.from('sound'))
  await assert.rejects(readAllOf(source(url)), (error) => hasCode(error, 'E_FILE_CORRUPT'))
  const found: Undecoded[] = []
  const lines = await readAllOf(source(url, { onDecodeError: 'skip-file' }), (each) => found.push(each))
  assert.deepEqual(lines, ['sound'])
  assert.deepEqual(
    found.map(({ became, code }) => [became, code]),
    [
      ['skipped', 'E_FILE_CORRUPT'],
      ['skipped', 'E_FILE_CORRUPT'],
    ],
  )
})

test('lines that are no UTF-8 are left out, replaced, or take their object with them', async () => {
  const { url, objects } = newPlace()
  await objects.putNew('a', Buffer.concat([Buffer.from('one\n'), Buffer.from([0xff, 10]), Buffer.from('two\n')]))
  for (const [onDecodeError, expected] of [
    ['dead-letter', ['one', 'two']],
    ['replace', ['one', '\ufffd', 'two']],
    ['skip-file', []],
  ] as const) {
    const found: Undecoded[] = []
    const lines = source(url, { onDecodeError, splitBytes: 4 })
    assert.deepEqual(await readAllOf(lines, (each) => found.push(each)), expected, onDecodeError)
    assert.equal(found.length, 1, onDecodeError)
  }
})

test('F55: an object that is overwritten or deleted after its batch was made is left out, if so wanted', async () => {
  const { url, objects } = newPlace()
  for (const key of ['a', 'b', 'c']) await objects.putNew(key, Buffer.from(`${key}1\n${key}2\n`))
  const lines = source(url, { onMissing: 'skip', splitBytes: 3 })
  const planned = await cut(lines)
  await objects.delete('a')
  await objects.delete('b')
  await objects.putNew('b', Buffer.from('other'))
  const found: Undecoded[] = []
  const records = await readAll(lines, planned.splits, { ...io, undecoded: (each) => found.push(each) })
  assert.deepEqual(records, ['c1', 'c2'])
  assert.deepEqual(
    found.map(({ code, path }) => [code, path.at(-1)]),
    [
      ['E_FILE_GONE', 'a'],
      ['E_FILE_CHANGED', 'b'],
    ],
  )
  assert.deepEqual(await readAll(lines, (await cut(lines, planned)).splits, io), ['other'])
})

test('records of a fixed length are those of the object that was listed; another length is an error', async () => {
  const { url, objects } = newPlace()
  const bytes = Uint8Array.from({ length: 30_000 }, (_, i) => i % 251)
  await objects.putNew('a', bytes)
  const records = s3BinaryRecords(url, 3, {}, () => clients)
  const planned = (await records.cut(request(null)))!
  const got = await readAll(records, planned.splits, io)
  assert.deepEqual([got.length, Buffer.concat(got).equals(bytes)], [10_000, true])
  const others = s3BinaryRecords(url, 7, {}, () => clients)
  await assert.rejects(readAll(others, planned.splits, io), (error) => hasCode(error, 'E_RECORD_LENGTH'))
  await objects.delete('a')
  await objects.putNew('a', bytes)
  assert.equal((await readAll(records, planned.splits, io)).length, 10_000)
  await objects.delete('a')
  await objects.putNew('a', new Uint8Array(30_000))
  await assert.rejects(readAll(records, planned.splits, io), (error) => hasCode(error, 'E_FILE_CHANGED'))
})

test('objects in a form of the program: each is given whole', async () => {
  const { url, objects } = newPlace()
  await objects.putNew('a.json', Buffer.from('[1,2]'))
  await objects.putNew('b.json', Buffer.from('[3]'))
  const read = (_path: string, bytes: Uint8Array): number[] => JSON.parse(Buffer.from(bytes).toString()) as number[]
  const numbers = s3Files(url, { read }, () => clients)
  assert.deepEqual(await readAll(numbers, (await numbers.cut(request(null)))!.splits, io), [1, 2, 3])
})

test('F68: over a network that cuts, delays and loses answers, every line of large objects comes once', (t) =>
  withSeeds(t, 2, async (dice) => {
    const { url, objects } = newPlace()
    const long = Array.from({ length: 20_000 }, (_, i) => `${i} ${'y'.repeat(i % 90)}`)
    await objects.putNew('a', Buffer.from(long.join('\n')))
    await objects.putNew('b.gz', gzipSync(long.join('\n')))
    const proxy = await HttpFaults.before(emulators.s3, dice, throttlings.xml)
    try {
      const shaky = awsClients({ ...emulators.environment, AWS_ENDPOINT_URL_S3: proxy.url })
      const lines = s3TextFiles(url, { splitBytes: 200_000 }, () => shaky)
      const insist = async <R>(does: () => Promise<R>): Promise<R> => {
        for (let attempt = 1; ; attempt++)
          try {
            return await does()
          } catch (error) {
            if (attempt === 20) throw error
          }
      }
      const { splits } = await insist(() => cut(lines))
      const got: string[] = []
      for (const split of splits) got.push(...(await insist(() => readAll(lines, [split], io))))
      assert.deepEqual(got, [...long, ...long])
    } finally {
      await proxy.close()
    }
  }))

/** The key below the prefix. */
const keyOf = (split: Json): string => (split as unknown as FileSplit).path.split('/').slice(4).join('/')

/** Keys that a URL, an XML text, or a path of this machine would change. */
const ODD_KEYS = [
  'a+b%2B c',
  'über/../x',
  '100%',
  'new\nline',
  'back\\slash',
  '\u{1F600}',
  '?query#part',
  'k'.repeat(900),
  '&amp;<>"\'',
]

test('B34: whatever a key looks like, it is the one that is read; markers of folders are none', async () => {
  const { url } = newPlace()
  const { bucket: name, key: prefix } = s3Directory(url)
  const { client, sdk } = await clients.s3()
  for (const [i, key] of [...ODD_KEYS, 'folder/'].entries())
    await client.send(new sdk.PutObjectCommand({ Bucket: name, Key: prefix + key, Body: `line ${i}` }))
  for (const options of [{}, { order: 'names' }] as const) {
    const lines = source(url, { ...options, recursive: true })
    const planned = await cut(lines)
    assert.deepEqual(planned.splits.map(keyOf).sort(), [...ODD_KEYS].sort())
    assert.deepEqual((await readAll(lines, planned.splits, io)).sort(), ODD_KEYS.map((_, i) => `line ${i}`).sort())
    assert.deepEqual((await cut(source(url, { ...options, recursive: true }), planned)).splits, [])
  }
})

test('objects deeper below the prefix are read if so wanted, and folders cost a listing by name nothing', async () => {
  const { url, objects } = newPlace()
  for (const key of ['a', 'b/1', 'b/2/3', 'c', 'd/4']) await objects.putNew(key, Buffer.from(key))
  assert.deepEqual(await readAllOf(source(url, { recursive: true })), ['a', 'b/1', 'b/2/3', 'c', 'd/4'])
  const lines = source(url, { order: 'names' })
  const first = await cut(lines)
  assert.deepEqual(await readAll(lines, first.splits, io), ['a', 'c'])
  await objects.putNew('d/5', Buffer.from('deeper'))
  await objects.putNew('e', Buffer.from('e'))
  assert.deepEqual(await readAll(lines, (await cut(lines, first)).splits, io), ['e'])
})

test('F54: what appears during a listing of many pages, in front of it or behind, is read once', async () => {
  const { url, objects } = newPlace()
  const keys = Array.from({ length: 1010 }, (_, i) => `k${String(i).padStart(5, '0')}`)
  for (let at = 0; at < keys.length; at += 50)
    await Promise.all(keys.slice(at, at + 50).map((key) => objects.putNew(key, Buffer.from(key))))
  for (const options of [{}, { order: 'names', relistMs: 1 }] as const) {
    const { client, sdk } = await clients.s3()
    let lists = 0
    const during: AwsClients = {
      ...clients,
      s3: async () => ({
        sdk,
        client: Object.assign(Object.create(client) as typeof client, {
          async send(command: Parameters<typeof client.send>[0]) {
            const answer = await client.send(command)
            if (command instanceof sdk.ListObjectsV2Command && ++lists === 1)
              for (const key of ['k00000-early', 'k99999-late']) await objects.putNew(key, Buffer.from(key))
            return answer
          },
        }),
      }),
    }
    const lines = s3TextFiles(url, options, () => during)
    const got: string[] = []
    let before: Cut | null = null
    for (let i = 0; i < 4; i++) {
      before = await cut(lines, before)
      got.push(...before.splits.map(keyOf))
    }
    assert.deepEqual(got.sort(), [...keys, 'k00000-early', 'k99999-late'].sort())
    for (const key of ['k00000-early', 'k99999-late']) await objects.delete(key)
  }
})

const underContract = (options: S3TextOptions) => async (): Promise<SourceUnderTest> => {
  const { url, objects } = newPlace()
  const clock = new ManualClock()
  let count = 0
  return {
    source: source(url, options),
    clock,
    io: memoryIo(clock),
    feed: (records) => objects.putNew(`f${count++}`, Buffer.from(records.join('\n'))),
    restarted: async () => source(url, options),
  }
}

sourceContract('objects of S3 ever seen', underContract({}))
sourceContract('objects of S3 by name', underContract({ order: 'names' }))
