import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-s3'
import { startEmulators } from '../../../lib/hosts/offline/emulators.ts'
import { emptyBucket } from '../../../lib/hosts/serverless/empty-bucket.ts'

test('a bucket is emptied however many pages it has, and one that is not there is empty', async (t) => {
  const emulators = await startEmulators()
  t.after(() => emulators.close())
  const config = {
    region: 'us-east-1',
    endpoint: emulators.s3,
    forcePathStyle: true,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  }
  const client = new sdk.S3Client(config)
  t.after(() => client.destroy())
  await client.send(new sdk.CreateBucketCommand({ Bucket: 'clicks' }))
  for (let i = 0; i < 1010; i += 10)
    await Promise.all(
      Array.from({ length: 10 }, (_, j) =>
        client.send(new sdk.PutObjectCommand({ Bucket: 'clicks', Key: `blobs/${i + j} +%`, Body: 'x' })),
      ),
    )
  assert.equal(await emptyBucket('clicks', { client, sdk }), 1010)
  assert.equal((await client.send(new sdk.ListObjectsV2Command({ Bucket: 'clicks' }))).KeyCount, 0)
  assert.equal(await emptyBucket('never-made', { client, sdk }), 0)
})
