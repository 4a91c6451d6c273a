import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineBuffer, type LineOptions } from '../../lib/source/line-buffer.ts'
import { hasCode, type SluiceError } from '../../lib/model/errors.ts'
import { SeededRandom } from '../../lib/adapters/local/seeded-random.ts'

const linesOf = (pieces: readonly (string | Uint8Array)[], options: LineOptions = {}): string[] => {
  const buffer = new LineBuffer('input', options, { capacity: 4 })
  return [...pieces.flatMap((piece) => buffer.push(Buffer.from(piece as string))), ...buffer.end()]
}

test('B17: no input is no line, an empty line is a line, and the last line needs no end', () => {
  assert.deepEqual(linesOf([]), [])
  assert.deepEqual(linesOf(['']), [])
  assert.deepEqual(linesOf(['\n']), [''])
  assert.deepEqual(linesOf(['\n\n\n']), ['', '', ''])
  assert.deepEqual(linesOf(['a\n\nb']), ['a', '', 'b'])
})

test('B18: CRLF is one break, a lone CR is data in files, U+2028 is data, a byte order mark goes once', () => {
  assert.deepEqual(linesOf(['a\r\nb\rc\nd\r']), ['a', 'b\rc', 'd\r'])
  assert.deepEqual(linesOf(['a\u2028b\n']), ['a\u2028b'])
  assert.deepEqual(linesOf(['\ufeff\ufeffa\n\ufeffb']), ['\ufeffa', '\ufeffb'])
  assert.deepEqual(linesOf(['\ufeff']), [''])
})

test('B18: on sockets \\n, \\r and \\r\\n end lines, wherever the pieces are cut', () => {
  const text = 'a\rb\r\nc\n\r\r\n\nd\r\ne €\rf\r'
  const expected = ['a', 'b', 'c', '', '', '', 'd', 'e €', 'f']
  for (const pieces of cuts(Buffer.from(text))) assert.deepEqual(linesOf(pieces, { loneReturn: true }), expected)
})

test('B19: lines are the same wherever the bytes are cut', () => {
  const bytes = Buffer.from('\ufeffnaïve\r\n€uro 😀 line\n\n漢字\r\nplain ascii that is long enough\nend 😀')
  const expected = ['naïve', '€uro 😀 line', '', '漢字', 'plain ascii that is long enough', 'end 😀']
  for (const pieces of cuts(bytes)) assert.deepEqual(linesOf(pieces), expected)
})

test('random text in random pieces gives the lines of the whole text', () => {
  const seed = Number(process.env['SLUICE_SEED'] ?? 20_250_101)
  console.log(`seed ${seed}`)
  const random = new SeededRandom(seed)
  const alphabet = ['a', 'b', ' ', '\n', '\n', '\r\n', '\r', 'é', '€', '😀', 'long word '.repeat(3)]
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random.next() * all.length)]
  for (let round = 0; round < 500; round++) {
    const text = Array.from({ length: Math.floor(random.next() * 60) }, () => pick(alphabet)).join('')
    const bytes = Buffer.from(text)
    const pieces: Buffer[] = []
    for (let at = 0; at < bytes.length;) {
      const size = 1 + Math.floor(random.next() * 20)
      pieces.push(bytes.subarray(at, at + size))
      at += size
    }
    assert.deepEqual(linesOf(pieces), reference(text, /\r?\n/), JSON.stringify(text))
    assert.deepEqual(linesOf(pieces, { loneReturn: true }), reference(text, /\r\n|\n|\r/), JSON.stringify(text))
  }
})

test('B20: bytes that are not UTF-8 are an error that names the byte; latin1 keeps them', () => {
  const bytes = Buffer.from([...Buffer.from('ok\nfine é '), 0xc3, 0x28, 10, 0x61])
  assert.throws(
    () => linesOf([bytes]),
    (error) => hasCode(error, 'E_DECODE_UTF8') && error.where.offset === 11,
  )
  assert.throws(
    () => linesOf([Buffer.from([0xe2, 0x82])]),
    (error) => hasCode(error, 'E_DECODE_UTF8') && error.where.offset === 0,
  )
  assert.deepEqual(linesOf([Buffer.from([0x61, 0xe9, 10, 0xff])], { encoding: 'latin1' }), ['aé', 'ÿ'])
})

test('B20, B21: where bad lines may be left out, the others come and each bad one is reported', () => {
  const bad: SluiceError[] = []
  const bytes = Buffer.concat([
    Buffer.from('one\n'),
    Buffer.from([0xff, 10]),
    Buffer.from(`two\n${'x'.repeat(50)}\nthree\n${'y'.repeat(50)}`),
  ])
  for (const pieces of [[bytes], ...cuts(bytes)]) {
    bad.length = 0
    assert.deepEqual(linesOf(pieces, { maxLineBytes: 20, onBad: (error) => (bad.push(error), 'left-out') }), [
      'one',
      'two',
      'three',
    ])
    assert.deepEqual(
      bad.map((error) => error.code),
      ['E_DECODE_UTF8', 'E_RECORD_TOO_LARGE', 'E_RECORD_TOO_LARGE'],
    )
  }
})

test('B21: a line over the limit is an error at its start, and what is held stays bounded', () => {
  const buffer = new LineBuffer('input', { maxLineBytes: 1000 })
  buffer.push(Buffer.from('short\n'))
  assert.throws(
    () => {
      for (let i = 0; i < 600_000; i++) buffer.push(Buffer.from('x'.repeat(100)))
    },
    (error) => hasCode(error, 'E_RECORD_TOO_LARGE') && error.where.offset === 6,
  )
  assert.deepEqual(linesOf([`${'x'.repeat(1000)}\n`], { maxLineBytes: 1000 }), ['x'.repeat(1000)])
  assert.throws(
    () => linesOf([`a\n${'x'.repeat(1001)}\n`], { maxLineBytes: 1000 }),
    (error) => hasCode(error, 'E_RECORD_TOO_LARGE') && error.where.offset === 2,
  )
})

/** Every way to cut the bytes in two, and every byte alone. */
const cuts = (bytes: Buffer): Buffer[][] => [
  ...Array.from({ length: bytes.length + 1 }, (_, at) => [bytes.subarray(0, at), bytes.subarray(at)]),
  [...bytes].map((byte) => Buffer.from([byte])),
]

function reference(text: string, ends: RegExp): string[] {
  const lines = text.split(ends)
  if (lines.at(-1) === '') lines.pop()
  return lines
}

test('a return at the end of a piece takes the newline that follows it, and none that comes later', () => {
  const buffer = new LineBuffer('socket', { loneReturn: true })
  const lines = ['a\r', 'b\n', '\nc\r', '\n', '\nd\n'].flatMap((piece) => buffer.push(Buffer.from(piece)))
  assert.deepEqual([...lines, ...buffer.end()], ['a', 'b', '', 'c', '', 'd'])
})
