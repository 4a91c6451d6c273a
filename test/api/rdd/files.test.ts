import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { after, test } from 'node:test'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { hasCode } from '../../../lib/model/errors.ts'
import { law, newContext } from './sentences.ts'

const root = mkdtempSync(join(tmpdir(), 'sluice-files-'))
after(() => rmSync(root, { recursive: true }))

function folderWith(files: Record<string, string | Uint8Array>): string {
  const folder = mkdtempSync(join(root, 'test-'))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

test('lines end with \\n or \\r\\n; the last needs no end', () => {
  const folder = folderWith({ 'a.txt': 'one\r\ntwo\n\nfour', 'empty.txt': '', 'marked.txt': '\ufeffbom\n' })
  assert.deepEqual(newContext().textFile(join(folder, 'a.txt'), 1).collect(), ['one', 'two', '', 'four'])
  assert.deepEqual(newContext().textFile(join(folder, 'empty.txt')).collect(), [])
  assert.deepEqual(newContext().textFile(join(folder, 'marked.txt')).collect(), ['bom'])
})

test('a folder, a pattern, a list and a file URL name files; hidden ones are left out', () => {
  const folder = folderWith({
    'b.log': 'b\n',
    'a.log': 'a\n',
    'c.txt': 'c\n',
    '.hidden': 'h\n',
    _SUCCESS: 's\n',
    'deep/d.log': 'd\n',
  })
  const lines = (path: string): string[] => newContext().textFile(path).collect()
  assert.deepEqual(lines(folder), ['a', 'b', 'c'])
  assert.deepEqual(lines(join(folder, '*.log')), ['a', 'b'])
  assert.deepEqual(lines(`${join(folder, 'c.txt')},${join(folder, 'deep')}`), ['c', 'd'])
  assert.deepEqual(lines(pathToFileURL(join(folder, 'a.log')).href), ['a'])
})

test('a path that is not there is named', () => {
  assert.throws(() => newContext().textFile('no/such/file'), { code: 'E_INPUT_PATH', message: /no\/such\/file/ })
  assert.deepEqual(newContext().textFile(folderWith({})).collect(), [])
})

test('whole files come with their paths', () => {
  const folder = folderWith({ 'a.txt': 'one\ntwo', 'b.bin': new Uint8Array([0, 255]) })
  assert.deepEqual(newContext().wholeTextFiles(join(folder, 'a.txt')).collect(), [[join(folder, 'a.txt'), 'one\ntwo']])
  assert.deepEqual(newContext().binaryFiles(join(folder, 'b.bin')).collect(), [
    [join(folder, 'b.bin'), new Uint8Array([0, 255])],
  ])
})

law('however a file is cut, each line is read once and in order', (sc, random) => {
  const lines = Array.from({ length: random.below(60) }, () =>
    'äb😀c'.slice(0, random.below(5)).toWellFormed().repeat(random.below(4)),
  )
  const end = random.below(2) === 0 ? '\n' : '\r\n'
  const folder = folderWith({ 'a.txt': lines.map((line) => line + end).join(''), 'b.txt': lines.join(end) })
  const cuts = 1 + random.below(12)
  const rdd = sc.textFile(join(folder, 'a.txt'), cuts)
  assert.deepEqual(rdd.collect(), lines)
  const unended = lines.at(-1) === '' ? lines.slice(0, -1) : lines
  assert.deepEqual(sc.textFile(join(folder, 'b.txt'), cuts).collect(), unended)
})

test('lines longer than what is read at once stay whole', () => {
  const lines = ['x'.repeat(2_500_000), 'short', 'y'.repeat(1_100_000)]
  const folder = folderWith({ 'a.txt': lines.join('\n') })
  assert.deepEqual(
    newContext()
      .textFile(join(folder, 'a.txt'), 3)
      .map((line) => line.length)
      .collect(),
    lines.map((line) => line.length),
  )
})

const packers = { gzip: gzipSync, zstd: zstdCompressSync }

for (const [packing, pack] of Object.entries(packers))
  test(`files of ${packing} are unpacked, whatever their name, with all of their members`, () => {
    const content = Buffer.concat([pack('one\ntwo\n'), pack('three\n')])
    const folder = folderWith({ 'a.bin': content })
    const path = join(folder, 'a.bin')
    assert.deepEqual(newContext().textFile(path, 5).collect(), ['one', 'two', 'three'])
    assert.deepEqual(newContext().wholeTextFiles(path).collect(), [[path, 'one\ntwo\nthree\n']])
  })

const unreadable: readonly [what: string, bytes: Uint8Array, code: string, message: RegExp][] = [
  ['gzip that is cut short', gzipSync('one\n').subarray(0, -4), 'E_FILE_CORRUPT', /a\.txt cannot be unpacked/],
  ['zstd that is cut short', zstdCompressSync('one\n').subarray(0, -2), 'E_FILE_CORRUPT', /a\.txt cannot be unpacked/],
  ['gzip followed by text', Buffer.concat([gzipSync('one\n'), Buffer.from('two\n')]), 'E_FILE_CORRUPT', /a\.txt/],
  ['bzip2', Buffer.from('BZh91AY&SY'), 'E_FILE_FORMAT', /is a bzip2 file/],
  ['a byte that is not UTF-8', Buffer.from('one\ncaf\xe9\n', 'latin1'), 'E_DECODE_UTF8', /not UTF-8 at byte 7/],
  ['UTF-16', Buffer.from('\ufeffone\n', 'utf16le'), 'E_DECODE_UTF8', /is UTF-16/],
]

for (const [what, bytes, code, message] of unreadable)
  test(`${what} is ${code} with the file, not other text`, () => {
    const path = join(folderWith({ 'a.txt': bytes }), 'a.txt')
    for (const read of [() => newContext().textFile(path).collect(), () => newContext().wholeTextFiles(path).collect()])
      assert.throws(read, (error) => hasCode(error, code as 'E_FILE_CORRUPT') && message.test(error.message))
  })

test('a byte that is not UTF-8 is found in its split, and counted from the beginning of the file', () => {
  const bytes = Buffer.concat([Buffer.from('äb\n'.repeat(1000)), Buffer.from([0xe9, 10])])
  const path = join(folderWith({ 'a.txt': bytes }), 'a.txt')
  assert.throws(
    () => newContext().textFile(path, 7).collect(),
    (error) => hasCode(error, 'E_DECODE_UTF8') && error.where.offset === 4000,
  )
})
