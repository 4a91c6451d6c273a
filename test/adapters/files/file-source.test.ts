import assert from 'node:assert/strict'
import { mkdir, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { binaryRecords, files, textFiles } from '../../../lib/adapters/files/file-source.ts'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import type { EngineEvent } from '../../../lib/model/events.ts'
import type { Json } from '../../../lib/model/json.ts'
import type { FileSplit } from '../../../lib/source/file-splits.ts'
import type { FileChoice } from '../../../lib/source/file-cut.ts'
import type { TextFileOptions } from '../../../lib/source/source-factories.ts'
import type { CutRequest, Source } from '../../../lib/source/source.ts'
import { memoryIo, readAll, sourceContract } from '../../../lib/testing/contracts/source.ts'
import type { SourceUnderTest } from '../../../lib/testing/contracts/source-batches.ts'
import { temporaryFolder } from '../local/temporary-folder.ts'

const io = memoryIo()

const put = async (path: string, content: string | Uint8Array, mtimeMs: number): Promise<string> => {
  await writeFile(path, content)
  await utimes(path, mtimeMs / 1000, mtimeMs / 1000)
  return path
}

const under =
  (choice: FileChoice) =>
  async (t: TestContext): Promise<SourceUnderTest> => {
    const folder = await temporaryFolder(t)
    const clock = new ManualClock()
    let count = 0
    return {
      source: textFiles(folder, choice),
      clock,
      io: memoryIo(clock),
      feed: async (records) => {
        await put(join(folder, `f${count++}`), records.map((record) => `${record}\n`).join(''), clock.now() + 500)
      },
      restarted: async () => textFiles(folder, choice),
    }
  }

sourceContract('text files by time', under({}))
sourceContract('text files ever seen', under({ select: 'seen' }))

/** Cuts a batch at each time, from one position to the next, and reads it. */
async function batches<T>(
  source: Source<T>,
  times: readonly number[],
  { zeroTime = 0, startedAt, from = null }: { zeroTime?: number; startedAt?: number; from?: Json | null } = {},
): Promise<{ got: T[][]; position: Json | null }> {
  let position = from
  const got: T[][] = []
  for (const time of times) {
    const cut = (await source.cut({
      time,
      intervalMs: 1000,
      zeroTime,
      ...(startedAt === undefined ? {} : { startedAt }),
      position,
      limit: null,
      io,
    }))!
    position = JSON.parse(JSON.stringify(cut.position)) as Json
    got.push(await readAll(source, cut.splits, io))
  }
  return { got, position }
}

const splitOf = (path: string, content: Uint8Array): FileSplit => ({
  path,
  start: 0,
  end: content.length,
  size: content.length,
})
const readSplit = <T>(source: Source<T>, split: FileSplit): Promise<T[]> =>
  readAll(source, [split as unknown as Json], io)

async function contentOf(
  t: TestContext,
  content: string | Uint8Array,
  options: TextFileOptions = {},
  name = 'file',
): Promise<string[]> {
  const path = await put(join(await temporaryFolder(t), name), content, 100_000)
  return readSplit(textFiles('.', options), splitOf(path, Buffer.from(content as string)))
}

test('a pattern names directories; files in them are read, not those deeper down, nor hidden ones', async (t) => {
  const folder = await temporaryFolder(t)
  for (const directory of ['in1', 'in2/deep', 'other']) await mkdir(join(folder, directory), { recursive: true })
  for (const path of ['in1/b', 'in1/a', 'in1/.hidden', 'in2/c', 'in2/deep/d', 'other/e', 'in3'])
    await put(join(folder, path), `${path}\n`, 1000)
  const { got } = await batches(textFiles(join(folder, 'in*')), [1000])
  assert.deepEqual(got, [['in1/a', 'in1/b', 'in2/c']])
  assert.deepEqual(
    (await batches(textFiles(`file://${folder}/in1`, { filter: (path) => path.endsWith('n') }), [1000])).got,
    [['in1/.hidden']],
  )
})

test('a directory that is moved under the pattern brings only files of its time', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'streaming'))
  await mkdir(join(folder, 'generated/sub'), { recursive: true })
  await put(join(folder, 'generated/sub/existing'), 'existing\n', 8000)
  const source = textFiles(join(folder, 'streaming/sub*'))
  const before = await batches(source, [11_000], { zeroTime: 10_000 })
  await put(join(folder, 'generated/sub/renamed'), 'renamed\n', 11_500)
  await rename(join(folder, 'generated/sub'), join(folder, 'streaming/sub'))
  const after = await batches(source, [12_000], { zeroTime: 10_000, from: before.position })
  assert.deepEqual([...before.got, ...after.got], [[], ['renamed']])
})

test('after a restart the batches of the downtime take the files of their own times', async (t) => {
  const folder = await temporaryFolder(t)
  for (const time of [1, 2, 3]) await put(join(folder, `${time}`), `${time}\n`, time * 1000)
  const before = await batches(textFiles(folder), [1000, 2000])
  for (const time of [4, 5]) await put(join(folder, `${time}`), `${time}\n`, time * 1000)
  const after = await batches(textFiles(folder), [3000, 4000, 5000, 6000], { from: before.position })
  assert.deepEqual([...before.got, ...after.got], [['1'], ['2'], ['3'], ['4'], ['5'], []])
})

test('the first batch after a gap takes everything that no batch took, however far it looks back', async (t) => {
  const folder = await temporaryFolder(t)
  const source = () => textFiles(folder, { minRememberMs: 2000 })
  await put(join(folder, '1'), '1\n', 1000)
  const before = await batches(source(), [1000, 2000])
  for (const time of [3, 4, 500, 999, 1000, 1001]) await put(join(folder, `${time}`), `${time}\n`, time * 1000)
  const after = await batches(source(), [1_000_000, 1_001_000, 1_002_000], { from: before.position })
  assert.deepEqual(
    after.got.map((lines) => lines.map(Number).sort((a, b) => a - b)),
    [[3, 4, 500, 999, 1000], [1001], []],
  )
})

test('positions of earlier versions, which hold no time, go on from the last committed batch', async (t) => {
  const folder = await temporaryFolder(t)
  for (const time of [500, 3000, 4000]) await put(join(folder, `${time}`), `${time}\n`, time)
  const position = { times: { created: 0, recent: [{ time: 1000, paths: [join(folder, '500')] }] } }
  const request = { time: 900_000, intervalMs: 1000, zeroTime: 0, position, committedTime: 2000, limit: null, io }
  const source = textFiles(folder, { minRememberMs: 2000 })
  const cut = (await source.cut(request))!
  assert.deepEqual(await readAll(source, cut.splits, io), ['3000', '4000'])
})

test('with batch times ahead of the clock, files are new by the clock, once', async (t) => {
  const folder = await temporaryFolder(t)
  const source = textFiles(folder, { minRememberMs: 2000 })
  const cut = async (time: number, now: number, position: Json | null): Promise<{ got: string[]; position: Json }> => {
    const found = (await source.cut({ time, now, intervalMs: 1000, zeroTime: 3_600_000, position, limit: null, io }))!
    return { got: await readAll(source, found.splits, io), position: found.position }
  }
  await put(join(folder, 'ahead'), 'ahead\n', 3_600_500)
  const first = await cut(3_601_000, 3_601_000, null)
  await put(join(folder, 'a'), 'a\n', 5500)
  const second = await cut(3_602_000, 6000, first.position)
  await put(join(folder, 'b'), 'b\n', 6500)
  const third = await cut(3_603_000, 7000, second.position)
  await put(join(folder, 'c'), 'c\n', 50_500)
  const fourth = await cut(3_604_000, 60_000, third.position)
  assert.deepEqual([first.got, second.got, third.got, fourth.got], [['ahead'], ['a'], ['b'], ['c']])
})

/** What a stream says about what it leaves out, batch after batch. */
async function leftOut(
  source: Source<unknown>,
  steps: readonly { readonly time: number; readonly before: () => Promise<unknown> }[],
): Promise<{ said: string[][]; levels: unknown[] }> {
  const [said, levels]: [string[][], unknown[]] = [[], []]
  let position: Json | null = null
  for (const { time, before } of steps) {
    await before()
    const now: string[] = []
    const log = {
      event: (event: EngineEvent) => {
        if (event.type !== 'source-left-out') return
        const { reason, files: count, example, level } = event
        now.push(`${count} ${reason} ${basename(example)}`)
        levels.push(level)
      },
    }
    const request: CutRequest = {
      time,
      intervalMs: 1000,
      zeroTime: 0,
      startedAt: 500,
      position,
      limit: null,
      io: { ...io, log },
    }
    position = (await source.cut(request))!.position
    said.push(now.sort())
  }
  return { said, levels }
}

test('whatever is left out is counted and said once, with the name of one', async (t) => {
  const folder = await temporaryFolder(t)
  const at = (name: string, time: number, content = 'x\n'): Promise<string> => put(join(folder, name), content, time)
  const { said, levels } = await leftOut(textFiles(folder, { minRememberMs: 2000 }), [
    {
      time: 1000,
      before: async () => {
        for (const name of ['old1', 'old2', '.hidden']) await at(name, 400)
        await mkdir(join(folder, 'archive'))
        await writeFile(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0x66, 0xff])]), 'x')
        await at('taken', 900)
      },
    },
    { time: 2000, before: () => at('taken', 1500, 'x\ny\n') },
    { time: 3000, before: () => at('.other', 2500) },
    { time: 9000, before: async () => {} },
    { time: 10_000, before: () => at('moved-in', 3000) },
    { time: 11_000, before: async () => {} },
  ])
  assert.deepEqual(said, [
    ['1 directory archive', '1 hidden .hidden', '1 name f\ufffd', '2 old old1'],
    ['1 changed taken'],
    ['1 hidden .other'],
    [],
    ['1 late moved-in'],
    [],
  ])
  assert.deepEqual(levels.filter((level) => level === 'info').length, 1)
})

for (const select of ['times', 'seen'] as const)
  test(`what was left out and is gone is forgotten, and said again if it comes back (${select})`, async (t) => {
    const folder = await temporaryFolder(t)
    const hidden = (name: string): Promise<string> => put(join(folder, name), 'x\n', 900)
    const { said } = await leftOut(textFiles(folder, { select, minRememberMs: 2000 }), [
      {
        time: 1000,
        before: async () => {
          for (const name of ['.stays', '.goes']) await hidden(name)
          await mkdir(join(folder, 'below'))
        },
      },
      { time: 2000, before: () => rm(join(folder, '.goes')) },
      { time: 3000, before: () => rm(join(folder, 'below'), { recursive: true }) },
      { time: 4000, before: () => hidden('.goes') },
      { time: 5000, before: () => mkdir(join(folder, 'below')) },
    ])
    assert.deepEqual(said, [['1 directory below', '2 hidden .goes'], [], [], ['1 hidden .goes'], ['1 directory below']])
  })

test('a file that changes after the look-back is read again as a whole, and named', async (t) => {
  const folder = await temporaryFolder(t)
  const { said } = await leftOut(textFiles(folder, { minRememberMs: 2000 }), [
    { time: 1000, before: () => put(join(folder, 'a'), '1\n', 900) },
    { time: 2000, before: async () => {} },
    { time: 9000, before: async () => {} },
    { time: 10_000, before: () => put(join(folder, 'a'), '1\n2\n', 9500) },
    { time: 18_000, before: async () => {} },
    { time: 19_000, before: () => put(join(folder, 'a'), '1\n2\n3\n', 18_500) },
  ])
  assert.deepEqual(said, [[], [], [], ['1 again a'], [], ['1 again a']])
})

test('a file that was old, or came late, and is touched to have it read is new', async (t) => {
  const folder = await temporaryFolder(t)
  const touch = (name: string, time: number): Promise<void> => utimes(join(folder, name), time / 1000, time / 1000)
  const { said } = await leftOut(textFiles(folder, { minRememberMs: 2000 }), [
    { time: 1000, before: () => put(join(folder, 'old'), '1\n', 400) },
    { time: 9000, before: async () => {} },
    { time: 10_000, before: () => put(join(folder, 'late'), '1\n', 3000) },
    { time: 11_000, before: () => Promise.all([touch('old', 10_500), touch('late', 10_500)]) },
  ])
  assert.deepEqual(said, [['1 old old'], [], ['1 late late'], []])
})

test('a file from the future is named while it waits, and read when its time has come', async (t) => {
  const folder = await temporaryFolder(t)
  const source = textFiles(folder)
  const { said } = await leftOut(source, [
    { time: 1000, before: () => put(join(folder, 'a'), '1\n', 500_000) },
    { time: 2000, before: () => put(join(folder, 'soon'), '1\n', 3500) },
    { time: 3000, before: () => put(join(folder, 'b'), '1\n', 600_000) },
  ])
  assert.deepEqual(said, [['1 future a'], [], ['1 future b']])
  assert.deepEqual((await batches(source, [1000, 500_000, 600_000])).got, [[], ['1', '1'], ['1']])
})

test('what was moved in while nobody ran, and is older than batches look back, is named', async (t) => {
  const folder = await temporaryFolder(t)
  const at = Date.now()
  await put(join(folder, 'read'), 'x\n', at - 500)
  const position = (await batches(textFiles(folder), [at], { startedAt: at - 1000 })).position
  await put(join(folder, 'moved'), 'x\n', at - 600_000)
  await utimes(join(folder, 'moved'), (at - 600_000) / 1000, (at - 600_000) / 1000)
  const names: string[] = []
  const log = {
    event: (event: EngineEvent) => {
      if (event.type === 'source-left-out') names.push(`${event.reason} ${basename(event.example)} ${event.level}`)
    },
  }
  const request = { intervalMs: 1000, zeroTime: 0, limit: null, io: { ...io, log } }
  const again = textFiles(folder)
  const first = await again.cut({ ...request, time: at + 900_000, position })
  await again.cut({ ...request, time: at + 901_000, position: first!.position })
  assert.deepEqual(names, ['unseen moved warn'])
})

test('seen files: what is appended is not read a second time, and named', async (t) => {
  const folder = await temporaryFolder(t)
  const source = textFiles(folder, { select: 'seen' })
  const { said } = await leftOut(source, [
    { time: 1000, before: () => put(join(folder, 'a'), '1\n', 100) },
    { time: 2000, before: () => put(join(folder, 'a'), '1\n2\n', 1500) },
    { time: 3000, before: async () => {} },
    { time: 4000, before: () => put(join(folder, 'a'), '1\n2\n3\n', 3500) },
  ])
  assert.deepEqual(said, [[], ['1 changed a'], [], ['1 changed a']])
})

test('the start of the program, where it is known, is when the stream was created', async (t) => {
  const folder = await temporaryFolder(t)
  await put(join(folder, 'a'), 'a\n', 300)
  await put(join(folder, 'b'), 'b\n', 800)
  assert.deepEqual((await batches(textFiles(folder), [1000, 2000], { startedAt: 500 })).got, [['b'], []])
})

test('a directory that is missing gives empty batches and one warning, until it comes', async (t) => {
  const folder = join(await temporaryFolder(t), 'later')
  const warnings: string[] = []
  const source = textFiles(folder)
  const cut = (time: number, position: Json | null) =>
    source.cut({
      time,
      intervalMs: 1000,
      zeroTime: 0,
      position,
      limit: null,
      io: {
        ...io,
        log: {
          event: ({ type }) => {
            warnings.push(type)
          },
        },
      },
    })
  const first = (await cut(1000, null))!
  const second = (await cut(2000, first.position))!
  assert.deepEqual([first.splits, second.splits, warnings], [[], [], ['source-directory-missing']])
  await mkdir(folder)
  await put(join(folder, 'a'), 'a', 2500)
  assert.deepEqual((await cut(3000, second.position))!.description, join(folder, 'a'))
})

test('B17: an empty file and a file of empty lines', async (t) => {
  assert.deepEqual(await contentOf(t, ''), [])
  assert.deepEqual(await contentOf(t, '\n\n'), ['', ''])
  assert.deepEqual(await contentOf(t, 'a\nb'), ['a', 'b'])
})

test('B19: wherever a file is split, its lines come whole, in order and once', async (t) => {
  const text = '\ufeffnaïve\r\n\n€uro 😀\nplain\n\r\n漢字 and more\nend'
  const content = Buffer.from(text)
  const path = await put(join(await temporaryFolder(t), 'f'), content, 1000)
  const source = textFiles('.')
  const expected = ['naïve', '', '€uro 😀', 'plain', '', '漢字 and more', 'end']
  for (let a = 0; a <= content.length; a++) {
    for (let b = a; b <= content.length; b += 3) {
      const bounds = [0, a, b, content.length]
      const splits = bounds.slice(1).map((end, i) => ({ path, start: bounds[i], end, size: content.length }))
      assert.deepEqual(await readAll(source, splits, io), expected, `cut at ${a} and ${b}`)
    }
  }
})

test('a large file is several splits, read in pieces, with the lines of the whole', async (t) => {
  const folder = await temporaryFolder(t)
  const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i} ${'x'.repeat(i % 100)}${i % 1000 === 0 ? '€' : ''}`)
  await put(join(folder, 'f'), lines.join('\n'), 1000)
  const source = textFiles(folder, { splitBytes: 500_000 })
  const cut = (await source.cut({ time: 1000, intervalMs: 1000, zeroTime: 0, position: null, limit: null, io }))!
  assert.equal(cut.splits.length, 8)
  assert.deepEqual(await readAll(source, cut.splits, io), lines)
})

test('B20: a file that is not UTF-8 is an error with file and byte, and can be read as latin1', async (t) => {
  const content = Buffer.from([0x61, 10, 0x62, 0xe9, 10])
  await assert.rejects(
    contentOf(t, content),
    (error) => hasCode(error, 'E_DECODE_UTF8') && error.where.offset === 3 && error.message.includes('/file '),
  )
  assert.deepEqual(await contentOf(t, content, { encoding: 'latin1' }), ['a', 'bé'])
})

test('B21: a line over the limit is an error with file and byte, in whichever split it lies', async (t) => {
  const tooLong = (error: unknown): boolean => hasCode(error, 'E_RECORD_TOO_LARGE') && error.where.offset === 3
  await assert.rejects(contentOf(t, `ok\n${'x'.repeat(3_000_000)}\n`), tooLong)
  const content = Buffer.from(`ok\n${'x'.repeat(3_000_000)}\n`)
  const path = await put(join(await temporaryFolder(t), 'f'), content, 1000)
  await assert.rejects(readSplit(textFiles('.'), { path, start: 0, end: 1000, size: content.length }), (error) =>
    hasCode(error, 'E_RECORD_TOO_LARGE'),
  )
  await assert.rejects(
    readSplit(textFiles('.'), { path, start: 1000, end: content.length, size: content.length }),
    (error) => hasCode(error, 'E_RECORD_TOO_LARGE'),
  )
})

test('B22: a gzip bomb stops at the limit of bytes, or at that of the ratio', async (t) => {
  const bomb = gzipSync(Buffer.alloc(40 * 2 ** 20, '0123456789\n'))
  await assert.rejects(
    contentOf(t, gzipSync(Buffer.alloc(60 * 2 ** 20, 10))),
    (error) => hasCode(error, 'E_FILE_INFLATE') && error.message.includes('400 times'),
  )
  await assert.rejects(
    contentOf(t, bomb, { maxInflatedBytes: 2 ** 20 }),
    (error) => hasCode(error, 'E_FILE_INFLATE') && error.message.includes('1048576'),
  )
})

test('B23: gzip is known by its first bytes, members are joined, padding is fine', async (t) => {
  const one = gzipSync('one\ntw')
  const two = gzipSync('o\nthree\n')
  assert.deepEqual(await contentOf(t, Buffer.concat([one, two])), ['one', 'two', 'three'])
  assert.deepEqual(await contentOf(t, Buffer.concat([one, two, Buffer.alloc(1000)]), {}, 'a.gz'), [
    'one',
    'two',
    'three',
  ])
  assert.deepEqual(await contentOf(t, 'not packed\n', {}, 'a.gz'), ['not packed'])
  const large = Array.from({ length: 20_000 }, (_, i) => `${i} ${i * 7919}`)
  assert.deepEqual(
    await contentOf(
      t,
      Buffer.concat([gzipSync(`${large.slice(0, 9000).join('\n')}\n`), gzipSync(large.slice(9000).join('\n'))]),
    ),
    large,
  )
})

test('B23: gzip that is cut short, damaged or followed by something else is an error', async (t) => {
  const whole = gzipSync(
    'some text\n'
      .repeat(1000)
      .split('')
      .map((c, i) => (i % 7 ? c : String(i)))
      .join(''),
  )
  const damaged = Buffer.from(whole)
  damaged[whole.length >> 1] ^= 0xff
  for (const content of [whole.subarray(0, -5), damaged, Buffer.concat([whole, Buffer.from('garbage')])]) {
    await assert.rejects(contentOf(t, content), (error) => hasCode(error, 'E_FILE_CORRUPT'))
  }
})

test('a gzip file without its extension belongs to its first split alone', async (t) => {
  const content = gzipSync('a\nb\n')
  const path = await put(join(await temporaryFolder(t), 'f'), content, 1000)
  const splits = [
    [0, 5],
    [5, content.length],
  ].map(([start, end]) => ({ path, start: start, end: end, size: content.length }))
  assert.deepEqual(await readAll(textFiles('.'), splits, io), ['a', 'b'])
})

test(
  'a file that is gone or became shorter since the cut is an error that says what to do; one that grew ' +
    'is read as it was',
  async (t) => {
    const path = await put(join(await temporaryFolder(t), 'f'), 'a\nb\nc\n', 1000)
    const split = splitOf(path, Buffer.from('a\nb\nc\n'))
    await writeFile(path, 'a\nb\nc\nd\n')
    assert.deepEqual(await readSplit(textFiles('.'), split), ['a', 'b', 'c'])
    await truncate(path, 3)
    await assert.rejects(readSplit(textFiles('.'), split), (error) => hasCode(error, 'E_FILE_CHANGED'))
    await rm(path)
    await assert.rejects(
      readSplit(textFiles('.'), split),
      (error) => hasCode(error, 'E_FILE_GONE') && error.next.length > 0,
    )
  },
)

test('binary records have one length; a file that does not fit is an error', async (t) => {
  const folder = await temporaryFolder(t)
  await put(join(folder, '0'), Buffer.from([1, 2, 3, 4, 5, 6]), 1000)
  await put(join(folder, '1'), Buffer.from([7, 8]), 1000)
  const { got } = await batches(binaryRecords(folder, 2), [1000])
  assert.deepEqual(
    got[0].map((record) => [...record]),
    [
      [1, 2],
      [3, 4],
      [5, 6],
      [7, 8],
    ],
  )
  await assert.rejects(
    batches(binaryRecords(folder, 4), [1000]),
    (error) => hasCode(error, 'E_RECORD_LENGTH') && error.where.offset === 4,
  )
  assert.throws(
    () => binaryRecords(folder, 0),
    (error) => hasCode(error, 'E_RECORD_LENGTH'),
  )
})

test('B34: names with spaces, plus, percent and brackets are read as they are', async (t) => {
  const folder = join(await temporaryFolder(t), 'in [1] {a,b} *')
  await mkdir(folder)
  for (const name of ['a b', 'a+b', 'a%20b', 'a\nb', '[x]'])
    await put(join(folder, name), `${JSON.stringify(name)}\n`, 1000)
  const { got } = await batches(textFiles(folder), [1000])
  assert.deepEqual(
    got[0].map((line) => JSON.parse(line) as string).sort(),
    ['a b', 'a+b', 'a%20b', 'a\nb', '[x]'].sort(),
  )
})

test('files in a form of the program’s own are handed over whole', async (t) => {
  const folder = await temporaryFolder(t)
  await put(join(folder, 'a.csv'), '1,2', 1000)
  const source = files(folder, {
    read: (path, bytes) => [[path.endsWith('.csv'), Buffer.from(bytes).toString().split(',')]],
  })
  assert.deepEqual((await batches(source, [1000])).got, [[[true, ['1', '2']]]])
})
