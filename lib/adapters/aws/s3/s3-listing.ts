import type { ListObjectsV2CommandInput, _Object } from '@aws-sdk/client-s3'
import type { S3 } from '../clients.ts'

type Headers = Readonly<Record<string, string>>

/** Everything that a listing finds, in order of key, a thousand per request. */
export async function* listed(
  { client, sdk }: S3,
  wanted: ListObjectsV2CommandInput,
  onHeaders?: (headers: Headers) => void,
): AsyncGenerator<_Object> {
  for (let from: string | undefined; ;) {
    const command = new sdk.ListObjectsV2Command({
      ...wanted,
      ...(from === undefined ? {} : { ContinuationToken: from }),
    })
    if (onHeaders) {
      command.middlewareStack.add(
        (next) => async (args) => {
          const answer = await next(args)
          onHeaders((answer.response as { headers?: Headers }).headers ?? {})
          return answer
        },
        { step: 'deserialize', name: 'headers' },
      )
    }
    const page = await client.send(command)
    yield* page.Contents ?? []
    from = page.NextContinuationToken
    if (from === undefined) return
  }
}
