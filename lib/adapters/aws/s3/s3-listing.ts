import type { ListObjectsV2CommandInput, ListObjectsV2CommandOutput, _Object } from '@aws-sdk/client-s3'
import type { S3 } from '../clients.ts'

type Headers = Readonly<Record<string, string>>

/** What one request finds, in order of key. */
interface Page {
  readonly objects: readonly _Object[]
  /** Behind everything that was found: where a listing may go on. */
  readonly last: string | undefined
  readonly more: boolean
}

/** Everything that a listing finds, in order of key. */
export async function* listed(s3: S3, wanted: ListObjectsV2CommandInput): AsyncGenerator<_Object> {
  for await (const { objects } of pagesOf(s3, wanted)) yield* objects
}

/**
 * The same, a thousand keys per request. Keys are those of the objects, to the byte: they travel as parts of URLs, for
 * XML does not hold all characters.
 */
export async function* pagesOf(
  { client, sdk }: S3,
  wanted: ListObjectsV2CommandInput,
  onHeaders?: (headers: Headers) => void,
): AsyncGenerator<Page> {
  for (let from: string | undefined; ;) {
    const command = new sdk.ListObjectsV2Command({
      ...wanted,
      EncodingType: 'url',
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
    yield decoded(page)
    from = page.NextContinuationToken
    if (from === undefined) return
  }
}

function decoded(page: ListObjectsV2CommandOutput): Page {
  const { Contents: contents = [], CommonPrefixes: prefixes = [], EncodingType: encoding } = page
  const plain = (key: string): string => (encoding === 'url' ? plainKey(key) : key)
  const objects = contents.map((object) => ({ ...object, Key: plain(object.Key!) }))
  const ends = [objects.at(-1)?.Key, prefixes.length > 0 ? plain(prefixes.at(-1)!.Prefix!) + GREATEST : undefined]
  const last = ends
    .filter((end) => end !== undefined)
    .sort(byBytes)
    .at(-1)
  return { objects, last, more: page.NextContinuationToken !== undefined }
}

/** Behind all keys that stand for a prefix. */
const GREATEST = '\u{10ffff}'

/** A key as S3 writes it in URLs and events, once: a plus sign is a space. */
export const plainKey = (encoded: string): string => decodeURIComponent(encoded.replaceAll('+', ' '))

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b))
