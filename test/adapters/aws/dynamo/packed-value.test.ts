import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'
import { packedValue, unpackedValue } from '../../../../lib/adapters/aws/dynamo/packed-value.ts'
import { encodeBlock } from '../../../../lib/codec/block.ts'
import { headWith, manifestRef } from '../../../checkpoint/heads.ts'
import { type Dice, withSeeds } from '../../../support/dice.ts'

const contentOf = (bytes: Uint8Array | string): { len: number; crc: number; inline: string } => {
  const buffer = Buffer.from(bytes)
  return { len: buffer.length, crc: crc32(buffer), inline: buffer.toString('base64') }
}
const refWith = (bytes: Uint8Array | string, batch = 1) => ({ ...manifestRef(batch), ...contentOf(bytes) })
const back = (value: unknown): unknown => unpackedValue(packedValue(value, 'a'), 'a')
const block = (keys: number): Uint8Array =>
  encodeBlock([{ section: 7, columns: [Array.from({ length: keys }, (_, i) => `key ${i}`)], count: keys }])

test('a head comes back as it was, whatever its references hold', () => {
  const contents = [
    '',
    'text',
    '{"a":"ß"}',
    Buffer.from([0xff, 0xfe, 0]),
    randomBytes(300),
    '\u{1f600}',
    '\u0001\u0005',
  ]
  for (const content of [...contents, block(0), block(40), Buffer.concat([block(3), block(3)])]) {
    const head = { app: 'a', manifest: refWith(content), owed: [{ manifest: refWith(content) }], plan: null }
    assert.deepEqual(back(head), head)
  }
})

test('what is in a reference in a reference comes back as well', () => {
  const manifest = JSON.stringify({
    state: [refWith(block(5)), refWith('text')],
    nonce: randomBytes(16).toString('hex'),
  })
  const head = { manifest: refWith(manifest) }
  assert.deepEqual(back(head), head)
})

/** What programs and sources may put into positions, among it what looks like something else. */
function oddValue(dice: Dice, depth = 0): unknown {
  const id = randomBytes(16).toString('hex')
  const odd = dice.oneOf<() => unknown>([
    () => id,
    () => `"${id}${id}"\\${id.toUpperCase()}`,
    () => randomUUID(),
    () => randomBytes(9).toString('base64url'),
    () => Array.from({ length: 3 }, () => randomBytes(9).toString('base64url')),
    () => ['beforeCommit', '"", ","', ',"abcdefghijkl",'],
    () => '\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u00077',
    () => '"len":1,"crc":2,"inline":"AAAA"',
    () => ({ inline: { text: 'an object' } }),
    () => ({ ...contentOf('text'), len: 5 }),
    () => ({ key: id, ...contentOf(randomBytes(3)), inline: 'not base64!' }),
    () => refWith(JSON.stringify({ [id]: [id, id] })),
    () => '\ud800 half a pair',
    () => dice.fraction(),
  ])()
  if (depth === 3 || dice.chance(0.4)) return odd
  return { [String(odd).slice(0, 40)]: oddValue(dice, depth + 1), list: [odd, oddValue(dice, depth + 1)], odd }
}

test('any value comes back, also one in which something looks like what stands in for something else', (t) =>
  withSeeds(t, 300, (dice) => {
    const value = JSON.parse(JSON.stringify(oddValue(dice))) as unknown
    assert.deepEqual(back(value), value)
  }))

test('bytes that are no packed value are refused, and so are those of another name', () => {
  const value = { app: 'orders', inc: randomBytes(16).toString('hex') }
  const packed = Buffer.from(packedValue(value, 'orders'))
  assert.throws(() => unpackedValue(packed.subarray(0, packed.length - 3), 'orders'))
  assert.throws(() => unpackedValue(Buffer.from('{}'), 'orders'), /packed in form 123, and this build reads form 1/)
  assert.throws(() => unpackedValue(packed, 'others'))
})

test('a value of which a bit was lost is refused, or the bit meant nothing', () => {
  const value = { app: 'orders', inc: randomBytes(16).toString('hex') }
  const packed = Buffer.from(packedValue(value, 'orders'))
  let refused = 0
  for (let bit = 8; bit < packed.length * 8; bit++) {
    const damaged = Buffer.from(packed)
    damaged[bit >> 3] ^= 1 << (bit & 7)
    try {
      assert.deepEqual(unpackedValue(damaged, 'orders'), value)
    } catch (error) {
      assert.notEqual((error as { code?: string }).code, 'ERR_ASSERTION')
      refused++
    }
  }
  assert.ok(refused > packed.length * 8 - 24, `${refused} of ${packed.length * 8} bits`)
})

test('a manifest of 4 kB in a head costs less than one kilobyte', () => {
  const chains = Array.from({ length: 24 }, (_, i) => ({
    from: i * 8,
    to: i * 8 + 8,
    keys: i,
    blocks: [{ kind: 'delta', batch: 7, keys: i, ref: refWith(randomBytes(8), i) }],
  }))
  const manifest = JSON.stringify({ format: 2, batch: 7, state: { counts: { chains } } })
  const head = { ...headWith(), manifest: refWith(manifest, 7) }
  const { length } = packedValue(head, head.app)
  assert.ok(manifest.length > 3000 && length < 800, `${manifest.length}, ${length}`)
})
