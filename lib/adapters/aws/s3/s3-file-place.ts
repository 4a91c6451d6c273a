import { messageOf, SluiceError } from '../../../model/errors.ts'
import type { FilePlace } from '../../../output/file-place.ts'
import { type AwsClients, processClients } from '../clients.ts'
import { isRefusal, statusOf } from '../service-error.ts'
import { listed } from './s3-listing.ts'
import { s3Directory } from './s3-location.ts'

/** Objects below `s3://bucket/prefix/`. An object appears whole, so nothing temporary is needed. */
export function s3FilePlace(url: string, clients: () => AwsClients = processClients): FilePlace {
  const { bucket, key: prefix } = s3Directory(url)
  const at = (name: string): { Bucket: string; Key: string } => ({ Bucket: bucket, Key: prefix + name })
  return {
    shown: url,
    ready: () => clients().s3(),
    async read(name) {
      const { client, sdk } = await clients().s3()
      try {
        const { Body: body } = await client.send(new sdk.GetObjectCommand(at(name)))
        return await body!.transformToByteArray()
      } catch (error) {
        if (error instanceof sdk.NoSuchKey) return null
        throw asSinkError(url, error)
      }
    },
    async put(name, bytes, signal) {
      const { client, sdk } = await clients().s3()
      try {
        const put = new sdk.PutObjectCommand({ ...at(name), Body: bytes })
        await client.send(put, signal ? { abortSignal: signal } : {})
      } catch (error) {
        signal?.throwIfAborted()
        throw asSinkError(url, error)
      }
    },
    async putFirst(name, bytes) {
      const { client, sdk } = await clients().s3()
      try {
        await client.send(new sdk.PutObjectCommand({ ...at(name), Body: bytes, IfNoneMatch: '*' }))
      } catch (error) {
        if (statusOf(error) !== 412) throw asSinkError(url, error)
      }
    },
    async sizes(names, below) {
      const found = new Map<string, number>()
      const [wanted, last] = [new Set(names), names.at(-1)!]
      try {
        for await (const { Key: key, Size: size } of listed(await clients().s3(), {
          Bucket: bucket,
          Prefix: prefix + below,
        })) {
          const name = key!.slice(prefix.length)
          if (wanted.has(name)) found.set(name, size!)
          if (name >= last) break
        }
      } catch (error) {
        throw asSinkError(url, error)
      }
      return found
    },
  }
}

/** 409: somebody else writes the same object at this moment, and both would write the same. */
function asSinkError(url: string, error: unknown): SluiceError {
  const refused = isRefusal(error) && statusOf(error) !== 409
  return new SluiceError(refused ? 'E_SINK_REJECTED' : 'E_SINK_UNAVAILABLE', `${url}: ${messageOf(error)}`, {
    did: 'what was written so far is no batch until a manifest lists it',
    ...(refused ? {} : { retry: true }),
    cause: error,
  })
}
