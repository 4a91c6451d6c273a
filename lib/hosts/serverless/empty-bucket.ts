import type { S3 } from '../../adapters/aws/clients.ts'
import { isCalled } from '../../adapters/aws/service-error.ts'
import { SluiceError } from '../../model/errors.ts'

/**
 * Deletes every object of a bucket, because CloudFormation removes only empty ones; how many there were. A bucket that
 * is not there holds none.
 */
export async function emptyBucket(bucket: string, { client, sdk }: S3): Promise<number> {
  let deleted = 0
  try {
    // Always from the beginning: what was listed is gone.
    for (;;) {
      const { Contents = [] } = await client.send(new sdk.ListObjectsV2Command({ Bucket: bucket }))
      if (Contents.length === 0) return deleted
      const Objects = Contents.map(({ Key }) => ({ Key: Key! }))
      const { Errors = [] } = await client.send(
        new sdk.DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
      )
      const [failed] = Errors
      if (failed) throw stays(bucket, failed.Key!, failed.Code!)
      deleted += Objects.length
    }
  } catch (error) {
    if (isCalled(error, 'NoSuchBucket')) return deleted
    throw error
  }
}

const stays = (bucket: string, key: string, why: string): SluiceError =>
  new SluiceError('E_BLOB_UNREACHABLE', `The object "${key}" of the bucket ${bucket} could not be deleted: ${why}.`, {
    where: { detail: bucket },
    did: 'the stage was not removed',
    next: ['check the permissions of whoever removes, then run the command again'],
  })
