import assert from 'node:assert/strict'
import { test } from 'node:test'
import { S3BlobStore } from '../../../../lib/adapters/aws/s3/s3-blob-store.ts'
import { hasCode } from '../../../../lib/model/errors.ts'
import { blobStoreContract } from '../../../../lib/testing/contracts/blob-store.ts'
import { emulated } from '../emulated.ts'
import { wrappedClients } from '../wrapped-clients.ts'

const { clients, bucket, fresh } = await emulated()
const newStore = (): S3BlobStore => new S3BlobStore(clients, bucket, `${fresh()}/`)

blobStoreContract('S3 blobs (fauxqs)', async () => newStore())

test('F34: a write whose answer was lost may be repeated: the same bytes under the same name are success', async () => {
  const store = newStore()
  await store.putNew('run', Buffer.from('content'))
  await store.putNew('run', Buffer.from('content'))
  await assert.rejects(store.putNew('run', Buffer.from('CONTENT')), (error) => hasCode(error, 'E_BLOB_EXISTS'))
})

test('an object of a bucket that is not there is missing, and the bucket is what is said', async () => {
  const store = new S3BlobStore(clients, 'no-such-bucket', '')
  await assert.rejects(store.get('run'), { code: 'E_BLOB_MISSING', message: /^There is no bucket no-such-bucket, / })
})

test('F36: an object of any size is one request: no upload in parts is begun that could stay open', async () => {
  const sent: string[] = []
  const counted = wrappedClients(clients, (send, { constructor: { name } }) => {
    sent.push(name)
    return send()
  })
  const store = new S3BlobStore(counted, bucket, `${fresh()}/`)
  await store.putNew('large', Buffer.alloc(8 * 2 ** 20, 'x'))
  assert.deepEqual(sent, ['PutObjectCommand'])
})

test('a list goes on over many answers of a thousand names', async () => {
  const store = newStore()
  const names = Array.from({ length: 1100 }, (_, i) => `n/${String(i).padStart(4, '0')}`)
  for (let at = 0; at < names.length; at += 50)
    await Promise.all(names.slice(at, at + 50).map((name) => store.putNew(name, new Uint8Array())))
  assert.deepEqual(await store.list('n/'), names)
})

test('a range of no bytes is empty where there is an object, and an error where there is none', async () => {
  const store = newStore()
  await store.putNew('a', Buffer.from('x'))
  assert.equal((await store.getRange('a', 0, 0)).length, 0)
  await assert.rejects(store.getRange('b', 0, 0), (error) => hasCode(error, 'E_BLOB_MISSING'))
})

test('F35: a conditional write that collides with another one is sent again, as often as it takes', async () => {
  const { sdk } = await clients.s3()
  let sent = 0
  const send = async (): Promise<unknown> => {
    if (++sent < 4) throw Object.assign(new Error('ConditionalRequestConflict'), { $metadata: { httpStatusCode: 409 } })
    return {}
  }
  const colliding = { ...clients, s3: async () => ({ sdk, client: { send } as never }) }
  await new S3BlobStore(colliding, bucket, '').putNew('run', Buffer.from('content'))
  assert.equal(sent, 4)
})

test('F35: a write that collides time and again pauses in between, and ends with an error', async () => {
  const { sdk } = await clients.s3()
  let sent = 0
  const send = async (): Promise<unknown> => {
    sent++
    throw Object.assign(new Error('ConditionalRequestConflict'), { $metadata: { httpStatusCode: 409 } })
  }
  const colliding = { ...clients, s3: async () => ({ sdk, client: { send } as never }) }
  const pauses: number[] = []
  const pause = async (ms: number): Promise<void> => void pauses.push(ms)
  const put = new S3BlobStore(colliding, bucket, '', pause).putNew('run', Buffer.from('content'))
  await assert.rejects(put, /ConditionalRequestConflict/)
  assert.deepEqual([sent, pauses.length], [12, 11])
  assert.ok(pauses.every((ms) => ms >= 10 && ms <= 5000) && pauses.at(-1)! > pauses[0])
})
