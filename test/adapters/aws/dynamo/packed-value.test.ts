import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { packedValue, unpackedValue } from '../../../../lib/adapters/aws/dynamo/packed-value.ts'
import { headWith, manifestRef } from '../../../checkpoint/heads.ts'

const inlineOf = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString('base64')

test('a head comes back as it was, whatever its references hold', () => {
  for (const inline of ['', 'text', '{"a":"ß"}', Buffer.from([0xff, 0xfe, 0]), randomBytes(300), '\u{1f600}'].map(
    inlineOf,
  )) {
    const head = { app: 'a', manifest: { ...manifestRef(1), inline }, owed: [{ manifest: { inline } }], plan: null }
    assert.deepEqual(unpackedValue(packedValue(head)), head)
  }
})

test('a field that is called inline and is no base64 comes back as well', () => {
  const odd = { conf: { inline: 'not base64!', 'spark.app.name': 'inline' } }
  assert.deepEqual(unpackedValue(packedValue(odd)), odd)
})

test('bytes that are no packed value are refused', () => {
  const packed = Buffer.from(packedValue({ app: 'a' }))
  assert.throws(() => unpackedValue(packed.subarray(0, packed.length - 3)))
  assert.throws(() => unpackedValue(Buffer.from('{}')))
})

test('a manifest of 4 kB in a head costs less than one kilobyte', () => {
  const chains = Array.from({ length: 24 }, (_, i) => ({
    from: i * 8,
    to: i * 8 + 8,
    keys: i,
    blocks: [{ kind: 'delta', batch: 7, keys: i, ref: { ...manifestRef(i), inline: inlineOf(randomBytes(8)) } }],
  }))
  const manifest = JSON.stringify({ format: 1, batch: 7, state: { counts: { chains } } })
  const head = { ...headWith(), manifest: { ...manifestRef(7), inline: inlineOf(manifest) } }
  assert.ok(
    manifest.length > 3000 && packedValue(head).length < 1024,
    `${manifest.length}, ${packedValue(head).length}`,
  )
})
