import assert from 'node:assert/strict'
import { test } from 'node:test'
import { awsClients } from '../../../../lib/adapters/aws/clients.ts'
import { appsInBucket, S3Register } from '../../../../lib/adapters/aws/s3/s3-register.ts'
import type { SluiceError } from '../../../../lib/model/errors.ts'
import { headStoreContract } from '../../../../lib/testing/contracts/head-store.ts'
import { emulated } from '../emulated.ts'
import { type Between, wrappedClients } from '../wrapped-clients.ts'

const { clients, bucket, fresh } = await emulated()
const noPause = async (): Promise<void> => {}

headStoreContract('S3 head (fauxqs)', async () => {
  const app = fresh()
  return { connect: async () => new S3Register(clients, bucket, 'heads/', app) }
})

/** Of S3, as the SDK throws it. */
const answered = (status: number, name: string): Error =>
  Object.assign(new Error(name), { name, $fault: 'client', $metadata: { httpStatusCode: status } })

const shaky = (app: string, between: Between): S3Register<unknown> =>
  new S3Register(wrappedClients(clients, between), bucket, 'heads/', app, 'head', noPause)

test('a write that meets another one is sent again, a few times, and then says that nobody knows', async () => {
  for (const [conflicts, written] of [
    [3, true],
    [Infinity, false],
  ] as const) {
    let writes = 0
    const head = shaky(fresh(), (send, { constructor: { name } }) => {
      if (name !== 'PutObjectCommand' || ++writes > conflicts) return send()
      throw answered(409, 'ConditionalRequestConflict')
    })
    if (written) assert.equal(await head.cas(0, 'x', 'create'), 'written')
    else
      await assert.rejects(
        head.cas(0, 'x', 'create'),
        (error: SluiceError) => error.code === 'E_HEAD_WRITE' && error.retry,
      )
    assert.equal(writes, written ? 4 : 8)
  }
})

test('a write whose answer is lost is not taken for refused, and what is there is found by reading', async () => {
  const app = fresh()
  let isLost = true
  const head = shaky(app, async (send, { constructor: { name } }) => {
    const answer = await send()
    if (name !== 'PutObjectCommand' || !isLost) return answer
    isLost = false
    throw new Error('socket hang up')
  })
  await assert.rejects(head.cas(0, 'x', 'create'), (error: SluiceError) => error.code === 'E_HEAD_WRITE' && error.retry)
  assert.deepEqual(await head.read(), { rev: 1, value: 'x' })
  assert.equal(await head.cas(0, 'x', 'create'), 'refused')
  assert.equal(await head.cas(1, 'y', 'commit'), 'written')
})

test('a revision that came back with the same value is not the one that was read', async () => {
  const app = fresh()
  const [one, other] = [new S3Register(clients, bucket, 'heads/', app), new S3Register(clients, bucket, 'heads/', app)]
  await one.cas(0, 'x', 'create')
  await other.cas(1, 'y', 'commit')
  await other.cas(2, 'x', 'commit')
  assert.equal(await one.cas(1, 'z', 'commit'), 'refused')
  assert.deepEqual(await one.read(), { rev: 3, value: 'x' })
})

test('a bucket that is not there is an error that no second try mends', async () => {
  const head = new S3Register(clients, 'no-such-bucket', 'heads/', 'a')
  await assert.rejects(head.read(), (error: SluiceError) => error.code === 'E_HEAD_READ' && !error.retry)
  await assert.rejects(
    head.cas(0, 'x', 'create'),
    (error: SluiceError) => error.code === 'E_HEAD_WRITE' && !error.retry,
  )
  assert.equal(await appsInBucket(clients, 'no-such-bucket', 'heads/'), null)
})

test('nobody answers: whether it was written is not known', async () => {
  const nobody = awsClients({ AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' })
  await assert.rejects(
    new S3Register(nobody, bucket, 'heads/', fresh()).cas(0, 'x', 'create'),
    (error: SluiceError) => error.code === 'E_HEAD_WRITE' && error.retry,
  )
})

test('apps are found under the names that they have, whatever is in them, and know nothing of each other', async () => {
  const prefix = `${fresh()}/`
  const names = ['..', 'a', 'a/b', 'a b', 'ümläut', '%2E']
  for (const name of names) await new S3Register(clients, bucket, prefix, name).cas(0, name, 'create')
  assert.deepEqual(await appsInBucket(clients, bucket, prefix), names.toSorted())
  for (const name of names)
    assert.deepEqual(await new S3Register(clients, bucket, prefix, name).read(), { rev: 1, value: name })
  assert.equal(await new S3Register(clients, bucket, prefix, 'b').read(), null)
})
