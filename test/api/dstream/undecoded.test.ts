import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'
import { readOpenLetters } from '../../../lib/checkpoint/letter-blocks.ts'
import { directoryPlace } from '../../../lib/cli/directory-place.ts'
import { openStoredApp } from '../../../lib/cli/stored-app.ts'
import type { OnDecodeError } from '../../../lib/source/undecoded.ts'
import type { TextFileOptions } from '../../../lib/source/source-factories.ts'
import { runBatches, START } from '../../support/run.ts'

const LATIN = Buffer.from([0x63, 0x61, 0x66, 0xe9])
const broken = (lines: readonly (string | Buffer)[]): Buffer =>
  Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]))

/** Files that were written half a second after the start, and what four batches made of them. */
async function read(
  t: TestContext,
  files: Readonly<Record<string, Uint8Array>>,
  options: TextFileOptions,
  conf: Readonly<Record<string, string>> = {},
) {
  const [folder, dir] = [await temporaryFolder(t), await temporaryFolder(t)]
  mkdirSync(join(folder, 'in'))
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, 'in', name), content)
    utimesSync(join(folder, 'in', name), (START + 500) / 1000, (START + 500) / 1000)
  }
  const { errors, shown } = await runBatches(
    (_input, context) => {
      const lines = context.textFileStream(join(folder, 'in'), options)
      // A second reader of the same lines counts nothing twice.
      return { lines: lines.map((line) => line), count: lines.count() }
    },
    [],
    { dir, conf, lives: [{ batches: 4 }] },
  )
  const { manifest, blobs } = await openStoredApp(directoryPlace(dir), null)
  const letters = await readOpenLetters(blobs, manifest?.deadLetters ?? [])
  return {
    codes: [...new Set(errors.map(({ code }) => code as string))],
    lines: shown['lines'].flat(),
    letters,
    folder,
  }
}

const files = { a: broken(['one', LATIN, 'two']), b: broken(['three']) }

test('a line that is not UTF-8 fails its batch, becomes U+FFFD, is kept, or costs its file', async (t) => {
  const byPolicy = async (onDecodeError: OnDecodeError) => read(t, files, { onDecodeError })
  assert.deepEqual((await read(t, files, {})).codes, ['E_DECODE_UTF8'])
  assert.deepEqual((await byPolicy('fail')).codes, ['E_DECODE_UTF8'])
  assert.deepEqual((await byPolicy('replace')).lines, ['one', 'caf\ufffd', 'two', 'three'])
  assert.deepEqual((await byPolicy('skip-file')).lines, ['three'])
  const { lines, letters, folder } = await byPolicy('dead-letter')
  assert.deepEqual(lines, ['one', 'two', 'three'])
  assert.deepEqual(
    letters.map(({ id, code, record, isStored, undecoded }) => [id, code, String(record), isStored, undecoded]),
    [['1-u1', 'E_DECODE_UTF8', String(LATIN), false, { path: join(folder, 'in', 'a'), offset: 7 }]],
  )
})

test('where bad records are set aside, undecoded lines are too, unless their source says otherwise', async (t) => {
  const conf = { 'sluice.onError': 'dead-letter' }
  const { lines, letters, codes } = await read(t, files, {}, conf)
  assert.deepEqual([lines, letters.length, codes], [['one', 'two', 'three'], 1, []])
  assert.deepEqual((await read(t, files, { onDecodeError: 'fail' }, conf)).codes, ['E_DECODE_UTF8'])
})

test('a line that is too long is kept with its first bytes, and its neighbours are read', async (t) => {
  const long = broken(['one', 'x'.repeat(5000), 'two'])
  const { lines, letters } = await read(t, { long }, { onDecodeError: 'dead-letter', maxLineBytes: 2000 })
  assert.deepEqual(lines, ['one', 'two'])
  assert.deepEqual(
    letters.map(({ code, record, undecoded }) => [code, (record as Uint8Array).length, undecoded?.offset]),
    [['E_RECORD_TOO_LARGE', 1024, 4]],
  )
  assert.deepEqual((await read(t, { long }, { onDecodeError: 'replace', maxLineBytes: 2000 })).codes, [
    'E_RECORD_TOO_LARGE',
  ])
})

const text = Array.from({ length: 3000 }, (_, i) => `line ${i}\n`).join('')

for (const [name, packed] of [
  ['x.gz', gzipSync(text)],
  ['x.zst', zstdCompressSync(text)],
  // The same text, packed by bzip2, which Node cannot.
  ['x.bz2', readFileSync(new URL('lines.bz2', import.meta.url))],
] as const)
  test(`${name}: unpacked, several members as one; damaged, it is one letter, skipped, or fails`, async (t) => {
    const twice = await read(t, { [name]: Buffer.concat([packed, packed]) }, {})
    assert.deepEqual(twice.codes, [])
    assert.equal(twice.lines.length, 6000)
    const bytes = { [name]: packed.subarray(0, -20), good: Buffer.from('good\n') }
    const fail = await read(t, bytes, {})
    // At first it is taken for one that is still being written, and the other is read.
    assert.deepEqual([fail.codes, fail.lines], [['E_FILE_CORRUPT'], ['good']])
    const skip = await read(t, bytes, { onDecodeError: 'skip-file' })
    assert.deepEqual([skip.codes, skip.lines, skip.letters], [[], ['good'], []])
    const kept = await read(t, bytes, { onDecodeError: 'dead-letter' })
    assert.deepEqual([kept.codes, kept.lines], [[], ['good']])
    assert.deepEqual(
      kept.letters.map(({ code, undecoded }) => [code, undecoded?.path.endsWith(name)]),
      [['E_FILE_CORRUPT', true]],
    )
  })

test('a file of UTF-16 says so, with the command that mends it', async (t) => {
  const folder = await temporaryFolder(t)
  writeFileSync(join(folder, 'a'), Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('one\n', 'utf16le')]))
  utimesSync(join(folder, 'a'), (START + 500) / 1000, (START + 500) / 1000)
  const { errors } = await runBatches((_input, context) => context.textFileStream(folder), [], {
    lives: [{ batches: 1 }],
  })
  assert.match(errors[0].message, /is UTF-16, by the mark that it begins with/)
  assert.match(errors[0].next[0], /^iconv -f UTF-16 -t UTF-8 < /)
})

test('more lines than a hundredth that cannot be decoded fail the batch: they are no accident', async (t) => {
  const many = broken(Array.from({ length: 300 }, () => LATIN))
  const { codes, lines } = await read(t, { many }, { onDecodeError: 'dead-letter' })
  assert.deepEqual([codes, lines], [['E_DEAD_LETTERS'], []])
})

test('a gzip file that is cut short and was written a moment ago is read once it is whole', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'growing.gz')
  const whole = gzipSync(text)
  writeFileSync(path, whole.subarray(0, 2000))
  utimesSync(path, (START + 900) / 1000, (START + 900) / 1000)
  writeFileSync(join(folder, 'other'), 'other\n')
  utimesSync(join(folder, 'other'), (START + 500) / 1000, (START + 500) / 1000)
  let batches = 0
  const { errors, shown } = await runBatches(
    (_input, context) => {
      const lines = context.textFileStream(folder)
      lines.foreachRDD(() => {
        if (++batches !== 1) return
        appendFileSync(path, whole.subarray(2000))
        utimesSync(path, (START + 1500) / 1000, (START + 1500) / 1000)
      })
      return { lines: lines.map((line) => line) }
    },
    [],
    { lives: [{ batches: 2 }] },
  )
  assert.deepEqual(errors, [])
  assert.deepEqual(
    shown['lines'].map((rows) => rows?.length),
    [1, 3000],
  )
})

test('a file that grows between the listing and the reading is read by a later batch, whole', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'a')
  writeFileSync(path, 'one\ntw')
  utimesSync(path, (START + 500) / 1000, (START + 500) / 1000)
  let listed = 0
  const { errors, shown } = await runBatches(
    (_input, context) => ({
      lines: context.textFileStream(folder, {
        filter: (each) => {
          if (++listed === 1) {
            // Behind the listing, before the reading.
            appendFileSync(each, 'o\n')
            utimesSync(each, (START + 1500) / 1000, (START + 1500) / 1000)
          }
          return true
        },
      }),
    }),
    [],
    { lives: [{ batches: 2 }] },
  )
  assert.deepEqual(errors, [])
  assert.deepEqual(shown['lines'], [[], ['one', 'two']])
})

test('a file that ends in the middle of a character, written a moment ago, is read once it is whole', async (t) => {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'slow.txt')
  writeFileSync(path, Buffer.concat([Buffer.from('line 1\nna'), Buffer.from([0xc3])]))
  utimesSync(path, (START + 900) / 1000, (START + 900) / 1000)
  let batches = 0
  const { errors, shown } = await runBatches(
    (_input, context) => {
      const lines = context.textFileStream(folder)
      lines.foreachRDD(() => {
        if (++batches !== 1) return
        appendFileSync(path, Buffer.concat([Buffer.from([0xaf]), Buffer.from('ve\n')]))
        utimesSync(path, (START + 1500) / 1000, (START + 1500) / 1000)
      })
      return { lines: lines.map((line) => line) }
    },
    [],
    { lives: [{ batches: 2 }] },
  )
  assert.deepEqual([errors, shown['lines']], [[], [[], ['line 1', 'na\u00efve']]])
})

test('a line of a file that grows is no end of its stream: it is replaced or kept, as with other files', async (t) => {
  const followed = async (onDecodeError?: 'replace' | 'dead-letter', conf: Readonly<Record<string, string>> = {}) => {
    const [folder, dir] = [await temporaryFolder(t), await temporaryFolder(t)]
    const path = join(folder, 'log')
    writeFileSync(path, broken(['one', LATIN, 'x'.repeat(3000), 'two']))
    const { errors, shown } = await runBatches(
      (_input, context) => ({
        lines: context.followStream(path, { maxLineBytes: 2000, ...(onDecodeError ? { onDecodeError } : {}) }),
      }),
      [],
      { dir, conf, lives: [{ batches: 2 }] },
    )
    const { manifest, blobs } = await openStoredApp(directoryPlace(dir), null)
    const letters = await readOpenLetters(blobs, manifest?.deadLetters ?? [])
    return {
      codes: errors.map(({ code }) => code),
      lines: shown['lines'].flat(),
      letters: letters.map(({ code }) => code),
    }
  }
  assert.deepEqual((await followed()).codes[0], 'E_DECODE_UTF8')
  assert.deepEqual((await followed('replace')).codes[0], 'E_RECORD_TOO_LARGE')
  const kept = { codes: [], lines: ['one', 'two'], letters: ['E_DECODE_UTF8', 'E_RECORD_TOO_LARGE'] }
  assert.deepEqual(await followed('dead-letter'), kept)
  assert.deepEqual(await followed(undefined, { 'sluice.onError': 'dead-letter' }), kept)
})
