import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { bytesOf } from '../../../../lib/adapters/aws/s3/s3-object.ts'
import { emulated } from '../emulated.ts'
import { wrappedClients } from '../wrapped-clients.ts'

const { clients, bucket, fresh } = await emulated()
const TEXT = 'ten bytes.'

/** Reads an object through answers that break off behind `bytes(n)` bytes, the n-th of them. */
async function read(bytes: (request: number) => number, { etag }: { readonly etag?: string } = {}) {
  const { client } = await clients.s3()
  const key = fresh()
  const { ETag: own } = await client.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: TEXT }))
  let requests = 0
  const breaking = wrappedClients(clients, async (send) => {
    const most = bytes(++requests)
    const { Body: body } = (await send()) as { readonly Body: AsyncIterable<Uint8Array> }
    return { Body: cutOff(body, most) }
  })
  const object = { path: `s3://${bucket}/${key}`, mtimeMs: 0, size: TEXT.length, etag: etag ?? own!, start: 0, end: 0 }
  let text = ''
  const pieces = bytesOf(await breaking.s3(), object, 0, TEXT.length)
  const reading = (async () => {
    for await (const piece of pieces) text += Buffer.from(piece).toString()
  })()
  const error = await reading.then(
    () => null,
    (each: { readonly code?: string }) => each.code,
  )
  return { text, requests, error }
}

async function* cutOff(body: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  const all = Buffer.concat(pieces)
  if (most > 0) yield all.subarray(0, most)
  if (most < all.length) throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' })
}

test('an answer that breaks off is asked for again from where it stopped, as long as more arrives', async () => {
  assert.deepEqual(await read(() => 1), { text: TEXT, requests: 10, error: null })
  assert.deepEqual(await read((n) => (n % 4 === 0 ? 4 : 0)), { text: TEXT, requests: 12, error: null })
})

test('answers of which nothing arrives four times in a row are given up, with what was read', async () => {
  assert.deepEqual(await read((n) => (n === 1 ? 3 : 0)), { text: 'ten', requests: 5, error: 'ECONNRESET' })
})

test('what the service says of an object is not asked again', async () => {
  assert.deepEqual(await read(() => 10, { etag: '"another"' }), { text: '', requests: 1, error: 'E_FILE_CHANGED' })
})
