import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { encodeBlock, indexBytes, openBlock, readIndex, readSection, type Section } from '../../lib/codec/block.ts'
import { registerClassCodec } from '../../lib/codec/class-codec.ts'
import { ROWS_MAX } from '../../lib/codec/column.ts'
import { RandomValues, seedOf } from './random-values.ts'

const sections: readonly Section[] = [
  {
    section: 3,
    columns: [
      ['a', 'b', 'c'],
      [1, 2, 3],
    ],
    count: 3,
  },
  {
    section: 0,
    columns: [
      [
        ['k', 1],
        ['l', 2],
      ],
    ],
    count: 2,
  },
  { section: 4294967295, columns: [], count: 0 },
]

test('sections come back with their columns, in the order they were written', () => {
  const block = openBlock(encodeBlock(sections), 'block 1')
  assert.deepEqual(
    block.entries.map(({ section, count }) => [section, count]),
    [
      [3, 3],
      [0, 2],
      [4294967295, 0],
    ],
  )
  for (const { section, columns } of sections) assert.deepStrictEqual(block.read(section), columns)
  assert.ok(block.has(0) && !block.has(1))
  assert.throws(() => block.read(1), { code: 'E_BLOB_SECTION', message: 'block 1 has no section 1.' })
})

test('a block of nothing is a block', () => assert.deepEqual(openBlock(encodeBlock([]), 'block 1').entries, []))

test('columns may be longer than the rows that count', () => {
  const bytes = encodeBlock([{ section: 0, columns: [new Float64Array([1, 2, 0, 0]), ['a', 'b', 'x']], count: 2 }])
  assert.deepEqual(openBlock(bytes, 'block 1').read(0), [
    [1, 2],
    ['a', 'b'],
  ])
})

test('one section can be read from the end of a block and its own range, without the rest', () => {
  const bytes = encodeBlock(sections)
  const index = readIndex(bytes.subarray(bytes.length - indexBytes(sections.length)), 'block 1')
  assert.equal(index.size, bytes.length)
  const entry = index.sectionRange(0)
  const at = (offset: number): Uint8Array => bytes.slice(offset, offset + entry.length)
  assert.deepEqual(readSection(entry, at(entry.offset), 'block 1'), sections[1].columns)
  assert.throws(() => readSection(entry, at(entry.offset + 1), 'block 1'), { code: 'E_BLOB_CORRUPT' })
  assert.throws(() => readIndex(bytes.subarray(bytes.length - indexBytes(1)), 'block 1'), { code: 'E_BLOB_TRUNCATED' })
})

test('a block is a copy in memory of its own, fit to be transferred', () => {
  const first = encodeBlock(sections)
  const before = first.slice()
  encodeBlock([{ section: 9, columns: [['other']], count: 1 }])
  assert.deepEqual(first, before)
  assert.equal(first.buffer.byteLength, first.length)
})

test('a refused value does not spoil the next block', () => {
  assert.throws(() => encodeBlock([{ section: 0, columns: [[1, () => 1]], count: 2 }], 'state of "visits"'), {
    message: /^state of "visits"\[1\] is a function/,
  })
  assert.deepEqual(openBlock(encodeBlock(sections), 'block 1').read(3), sections[0].columns)
})

/** Kept as a block of its own. */
class Inner {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}
registerClassCodec('Inner', {
  ctor: Inner,
  encode: ({ text }) => encodeBlock([{ section: 0, columns: [[text]], count: 1 }]),
  decode: (bytes: Uint8Array) => new Inner(openBlock(bytes, 'inner').read(0)[0][0] as string),
})

test('a block that is written while another one is being written spoils neither', () => {
  const values = Array.from({ length: 50 }, (_, i) => new Inner(`text ${i}`))
  const inner = { section: 1, columns: [values], count: values.length }
  let between: Uint8Array | null = null
  function* lazily(): Iterable<Section> {
    yield sections[0]
    between = encodeBlock(sections)
    yield inner
  }
  const block = openBlock(encodeBlock(lazily()), 'block 1')
  assert.deepEqual(block.read(3), sections[0].columns)
  assert.deepEqual(block.read(1), [values])
  assert.deepEqual(openBlock(between!, 'block 2').read(0), sections[1].columns)
})

test('B45: more rows than a section may have are refused', () => {
  const endless = { length: ROWS_MAX + 1, 0: 1 }
  assert.throws(() => encodeBlock([{ section: 0, columns: [endless], count: ROWS_MAX + 1 }]), {
    code: 'E_BLOB_TOO_LARGE',
  })
})

test('B45: every truncation of a block, from either end, is found', () => {
  const bytes = encodeBlock(sections)
  for (let cut = 1; cut <= bytes.length; cut++) {
    assert.throws(() => readAll(bytes.subarray(0, bytes.length - cut)), isBlobError)
    assert.throws(() => readAll(bytes.subarray(cut)), isBlobError)
  }
})

test('B45: every single flipped bit of a block is found', () => {
  const bytes = encodeBlock(sections)
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const damaged = bytes.slice()
    damaged[bit >> 3] ^= 1 << (bit & 7)
    assert.throws(() => readAll(damaged), isBlobError)
  }
})

test('B45: a newer version is E_BLOB_VERSION with both versions', () => {
  const bytes = encodeBlock(sections)
  new DataView(bytes.buffer).setUint32(bytes.length - 8, 2, true)
  assert.throws(() => openBlock(bytes, 'block 1'), {
    code: 'E_BLOB_VERSION',
    message: /version 2; this build reads version 1/,
  })
})

test(
  'B45: overlapping sections, offsets beyond the end, two sections of one number and 2^32 rows are ' +
    'found even with a matching checksum',
  () => {
    const forged = (field: number, value: number): Uint8Array => {
      const bytes = encodeBlock(sections)
      const view = new DataView(bytes.buffer)
      const start = bytes.length - indexBytes(3)
      view.setUint32(start + field, value, true)
      view.setUint32(bytes.length - 12, crc32(bytes.subarray(start, bytes.length - 12)), true)
      return bytes
    }
    assert.throws(() => readAll(forged(0, 0)), { code: 'E_BLOB_CORRUPT' })
    for (const value of [0, 9, 2 ** 31, 4294967295]) {
      assert.throws(() => readAll(forged(4, value)), { code: 'E_BLOB_CORRUPT' })
      assert.throws(() => readAll(forged(8, value)), { code: 'E_BLOB_CORRUPT' })
      assert.throws(() => readAll(forged(60, value)), isBlobError)
      assert.throws(() => readAll(forged(64, value)), isBlobError)
    }
    assert.throws(() => readAll(forged(12, 4294967295)), isBlobError)
  },
)

const seed = seedOf()

test(`B45: a randomly damaged block gives the same data or E_BLOB_*, never anything else (SLUICE_SEED=${seed})`, () => {
  const random = new RandomValues(seed)
  for (let i = 0; i < 2000; i++) {
    const count = random.below(8)
    const written = random.list(4, () => random.below(100)).filter((n, at, all) => all.indexOf(n) === at)
    const bytes = encodeBlock(
      written.map((section) => ({ section, columns: random.list(3, () => random.column(count)), count })),
    )
    const data = readAll(bytes)
    const damaged = random.pick([flipped, cut, spliced, lying])(bytes.slice(), random)
    try {
      assert.deepStrictEqual(readAll(damaged), data)
    } catch (error) {
      if (!isBlobError(error)) throw error
    }
  }
})

test(
  'B45: damage under a matching checksum gives other data or E_BLOB_*, never anything else ' + `(SLUICE_SEED=${seed})`,
  () => {
    const random = new RandomValues(seed)
    for (let i = 0; i < 2000; i++) {
      const count = 1 + random.below(8)
      const bytes = encodeBlock([{ section: 1, columns: [random.column(count)], count }])
      const body = bytes.length - indexBytes(1)
      const view = new DataView(bytes.buffer)
      for (let n = 1 + random.below(4); n > 0; n--) bytes[8 + random.below(body - 8)] = random.below(256)
      view.setUint32(body + 16, crc32(bytes.subarray(8, body)), true)
      view.setUint32(bytes.length - 12, crc32(bytes.subarray(body, bytes.length - 12)), true)
      try {
        readAll(bytes)
      } catch (error) {
        if (!isBlobError(error)) throw error
      }
    }
  },
)

function readAll(bytes: Uint8Array): unknown[] {
  const block = openBlock(bytes, 'the block')
  return block.entries.map(({ section }) => [section, block.read(section)])
}

const isBlobError = (error: unknown): boolean => /^E_(BLOB|CLASS)_/.test(String((error as { code?: unknown }).code))

function flipped(bytes: Uint8Array, random: RandomValues): Uint8Array {
  for (let n = 1 + random.below(5); n > 0; n--) bytes[random.below(bytes.length)] ^= 1 << random.below(8)
  return bytes
}

const cut = (bytes: Uint8Array, random: RandomValues): Uint8Array =>
  bytes.subarray(random.below(4), random.below(bytes.length + 1))

function spliced(bytes: Uint8Array, random: RandomValues): Uint8Array {
  const at = random.below(bytes.length)
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(random.below(bytes.length))])
}

function lying(bytes: Uint8Array, random: RandomValues): Uint8Array {
  const at = bytes.length - 4 * (1 + random.below(Math.min(15, bytes.length >> 2)))
  new DataView(bytes.buffer).setUint32(at, random.pick([0, 1, 255, 65536, 2 ** 31, 4294967295, bytes.length]), true)
  return bytes
}
