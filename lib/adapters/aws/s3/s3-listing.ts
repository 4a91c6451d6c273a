import type { ListObjectsV2CommandInput, _Object } from '@aws-sdk/client-s3'
import type { S3 } from '../clients.ts'

/** Everything that a listing finds, in order of key, a thousand per request. */
export async function* listed({ client, sdk }: S3, wanted: ListObjectsV2CommandInput): AsyncGenerator<_Object> {
  for (let from: string | undefined; ;) {
    const page = await client.send(
      new sdk.ListObjectsV2Command({ ...wanted, ...(from === undefined ? {} : { ContinuationToken: from }) }),
    )
    yield* page.Contents ?? []
    from = page.NextContinuationToken
    if (from === undefined) return
  }
}
