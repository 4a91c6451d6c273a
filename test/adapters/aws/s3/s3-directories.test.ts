import assert from 'node:assert/strict'
import { test } from 'node:test'
import { directories } from '../../../../lib/hosts/embedded/directories.ts'
import { s3Directories } from '../../../../lib/adapters/aws/s3/s3-directories.ts'
import { processClients } from '../../../../lib/adapters/aws/clients.ts'
import { S3BlobStore } from '../../../../lib/adapters/aws/s3/s3-blob-store.ts'
import { hasCode } from '../../../../lib/model/errors.ts'
import { emulated } from '../emulated.ts'

const { clients, bucket, fresh } = await emulated()
const me = { app: 'mine', output: 'counts' }
const part = (name: string, text: string) => ({ name, bytes: Buffer.from(text) })

test('a directory written again holds what was written last, and nothing of the attempt before', async () => {
  const prefix = fresh()
  const objects = new S3BlobStore(clients, bucket, '')
  for (const bystander of [`${prefix}-other/part`, `${prefix}/deeper/part`])
    await objects.putNew(bystander, new Uint8Array())
  await s3Directories(clients).write(
    `s3://${bucket}/${prefix}/out`,
    [part('part-00000', 'a'), part('part-00001', 'b')],
    me,
  )
  await s3Directories(clients).write(`s3://${bucket}/${prefix}/out/`, [part('part-00000', 'c')], me)
  assert.deepEqual(await objects.list(prefix), [
    `${prefix}-other/part`,
    `${prefix}/deeper/part`,
    `${prefix}/out/_SUCCESS`,
    `${prefix}/out/part-00000`,
  ])
  assert.equal(Buffer.from(await objects.get(`${prefix}/out/part-00000`)).toString('utf8'), 'c')
})

test('a directory of another app is E_SINK_TAKEN, and stays as it is', async () => {
  const prefix = fresh()
  await s3Directories(clients).write(`s3://${bucket}/${prefix}`, [part('part-00000', 'a')], me)
  await assert.rejects(
    s3Directories(clients).write(`s3://${bucket}/${prefix}`, [], { app: 'other', output: 'counts' }),
    (error) => hasCode(error, 'E_SINK_TAKEN'),
  )
  assert.equal((await new S3BlobStore(clients, bucket, '').list(prefix)).length, 2)
})

test('a path that is not in S3 is refused: a function has no files that last', async () => {
  await assert.rejects(s3Directories(clients).write('/var/out', [], me), (error) => hasCode(error, 'E_S3_URL'))
})

test('a program on a laptop writes to S3 as well, where its path says so', async (t) => {
  t.after(async () => (await processClients().s3()).client.destroy())
  const prefix = fresh()
  await directories.write(`s3://${bucket}/${prefix}`, [part('part-00000', 'a')], me)
  assert.deepEqual(await new S3BlobStore(clients, bucket, '').list(prefix), [
    `${prefix}/_SUCCESS`,
    `${prefix}/part-00000`,
  ])
})
