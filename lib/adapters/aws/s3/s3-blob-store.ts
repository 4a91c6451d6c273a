import { setTimeout } from 'node:timers/promises'
import type { BlobStore } from '../../../host/blob-store.ts'
import { hasCode } from '../../../model/errors.ts'
import type { AwsClients } from '../clients.ts'
import { blobExists, blobMissing, blobRange } from './s3-errors.ts'
import { listed } from './s3-listing.ts'
import { statusOf } from '../service-error.ts'

/** Requests for one name collide while the other one is under way, which takes milliseconds: in all, half a minute. */
const COLLISIONS_MAX = 12
const COLLISION_MS = 10
const COLLISION_MS_MAX = 5000

/** Objects of a bucket, below `prefix`. The bucket must not expire them: the sweep alone knows what is still needed. */
export class S3BlobStore implements BlobStore {
  readonly #clients: AwsClients
  readonly #bucket: string
  readonly #prefix: string

  readonly #pause: (ms: number) => Promise<void>

  /** `prefix` is empty or ends in `/`; `pause` waits between requests that collided. */
  constructor(
    clients: AwsClients,
    bucket: string,
    prefix: string,
    pause: (ms: number) => Promise<void> = (ms) => setTimeout(ms),
  ) {
    this.#pause = pause
    this.#clients = clients
    this.#bucket = bucket
    this.#prefix = prefix
  }

  /**
   * May be repeated with the same bytes, as the SDK does when a request was not answered: finding them there is
   * success.
   */
  async putNew(key: string, bytes: Uint8Array): Promise<void> {
    const { client, sdk } = await this.#clients.s3()
    const body = new Uint8Array(bytes)
    for (let attempt = 1; ; attempt++) {
      try {
        await client.send(new sdk.PutObjectCommand({ ...this.#at(key), Body: body, IfNoneMatch: '*' }))
        return
      } catch (error) {
        // 409: another request for this name was under way, and may not have succeeded.
        if (statusOf(error) === 409 && attempt < COLLISIONS_MAX) {
          await this.#pause(Math.min(COLLISION_MS_MAX, COLLISION_MS * 2 ** attempt) * (0.5 + Math.random() / 2))
          continue
        }
        if (statusOf(error) !== 412) throw error
        if (await this.#holds(key, body)) return
        throw blobExists(key)
      }
    }
  }

  async #holds(key: string, bytes: Uint8Array): Promise<boolean> {
    try {
      return Buffer.compare(await this.get(key), bytes) === 0
    } catch (error) {
      if (hasCode(error, 'E_BLOB_MISSING')) return false
      throw error
    }
  }

  /** The whole object. Throws `E_BLOB_MISSING`. */
  async get(key: string): Promise<Uint8Array> {
    const { client, sdk } = await this.#clients.s3()
    try {
      const { Body: body } = await client.send(new sdk.GetObjectCommand(this.#at(key)))
      return await body!.transformToByteArray()
    } catch (error) {
      throw statusOf(error) === 404 ? blobMissing(key, this.#bucket, error) : error
    }
  }

  /** Some bytes of it. Throws `E_BLOB_MISSING` and `E_BLOB_RANGE`. */
  async getRange(key: string, offset: number, length: number): Promise<Uint8Array> {
    const { client, sdk } = await this.#clients.s3()
    try {
      // No range means no bytes; one byte more than wanted tells whether the object is there.
      const last = offset + Math.max(length, 1) - 1
      const { Body: body } = await client.send(
        new sdk.GetObjectCommand({ ...this.#at(key), Range: `bytes=${offset}-${last}` }),
      )
      const bytes = (await body!.transformToByteArray()).subarray(0, length)
      if (bytes.length < length) throw blobRange(key, offset, length)
      return bytes
    } catch (error) {
      if (statusOf(error) === 416) throw blobRange(key, offset, length)
      throw statusOf(error) === 404 ? blobMissing(key, this.#bucket, error) : error
    }
  }

  /** Every key with the prefix, sorted by bytes. */
  async list(prefix: string): Promise<string[]> {
    const keys: string[] = []
    for await (const { Key: key } of listed(await this.#clients.s3(), {
      Bucket: this.#bucket,
      Prefix: this.#prefix + prefix,
    }))
      keys.push(key!.slice(this.#prefix.length))
    // Directory buckets list in no order.
    return keys.sort()
  }

  /** Removes it; one that is not there is no error. */
  async delete(key: string): Promise<void> {
    const { client, sdk } = await this.#clients.s3()
    await client.send(new sdk.DeleteObjectCommand(this.#at(key)))
  }

  #at(key: string): { Bucket: string; Key: string } {
    return { Bucket: this.#bucket, Key: this.#prefix + key }
  }
}
