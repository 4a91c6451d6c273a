import { setTimeout } from 'node:timers/promises'
import type { HeadStore, Versioned } from '../../../host/head-store.ts'
import type { ErrorCode } from '../../../model/error-codes.ts'
import { messageOf, SluiceError } from '../../../model/errors.ts'
import type { AwsClients, S3 } from '../clients.ts'
import { packedValue, unpackedValue } from '../dynamo/packed-value.ts'
import { listed } from './s3-listing.ts'
import { isCalled, isRefusal, statusOf } from '../service-error.ts'

/** Which of the registers of an app, and which errors speak of it. */
type RegisterName = 'head' | 'ctrl' | 'lease'

const WORDS: Readonly<
  Record<RegisterName, { readonly name: string; readonly read: ErrorCode; readonly write: ErrorCode }>
> = {
  head: { name: 'head', read: 'E_HEAD_READ', write: 'E_HEAD_WRITE' },
  ctrl: { name: 'control record', read: 'E_CONTROL_READ', write: 'E_CONTROL_WRITE' },
  lease: { name: 'lease', read: 'E_CONTROL_READ', write: 'E_CONTROL_WRITE' },
}

/** A write that meets another one waits for it, which takes milliseconds: in all, some seconds. */
const COLLISIONS_MAX = 8
const COLLISION_MS = 10
const COLLISION_MS_MAX = 2000

/**
 * A register of one app as one object of a bucket. Its revision stands in it, so that no two writes have the same tag,
 * and each write has the condition that the object is the one that was read. S3 reads what was written last.
 *
 * Where S3 says that another write was under way (409), it is sent again after a while, some times. One that is
 * repeated because no answer came, and had arrived, is refused: the caller looks at what is there, as after every
 * refusal. Not answered at all: it throws `E_HEAD_WRITE` or `E_CONTROL_WRITE` with `retry`.
 */
export class S3Register<Value> implements HeadStore<Value> {
  readonly #clients: AwsClients
  readonly #bucket: string
  readonly #key: string
  readonly #item: RegisterName
  readonly #pause: (ms: number) => Promise<void>
  /** What was seen last: a write needs the tag of the object that it replaces. */
  #seen: { readonly rev: number; readonly etag: string } | null = null

  /** `prefix` is empty or ends in `/`; `pause` waits between writes that collided. */
  constructor(
    clients: AwsClients,
    bucket: string,
    prefix: string,
    app: string,
    item: RegisterName = 'head',
    pause: (ms: number) => Promise<void> = (ms) => setTimeout(ms),
  ) {
    this.#clients = clients
    this.#bucket = bucket
    this.#key = registerKey(prefix, app, item)
    this.#item = item
    this.#pause = pause
  }

  async read(): Promise<Versioned<Value> | null> {
    const found = await this.#object()
    return found && { rev: found.rev, value: found.value as Value }
  }

  async cas(expected: number, value: Value, cause: string): Promise<'written' | 'refused'> {
    const condition = await this.#condition(expected)
    if (condition === null) return 'refused'
    const s3 = await this.#clients.s3()
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#put(s3, expected + 1, value, cause, condition)
      } catch (error) {
        const status = statusOf(error)
        // The object of the condition is gone, or is another one.
        if (status === 412 || (status === 404 && expected > 0)) {
          this.#seen = null
          return 'refused'
        }
        if (status !== 409)
          throw this.#failed(WORDS[this.#item].write, 'written', error, isRefusal(error) ? NOT_WRITTEN : UNKNOWN)
        if (attempt === COLLISIONS_MAX) throw this.#failed(WORDS[this.#item].write, 'written', error, UNKNOWN, true)
        await this.#pause(Math.min(COLLISION_MS_MAX, COLLISION_MS * 2 ** attempt) * (0.5 + Math.random() / 2))
      }
    }
  }

  async close(): Promise<void> {}

  /** `null`: the register holds another revision by now. */
  async #condition(expected: number): Promise<{ IfNoneMatch: '*' } | { IfMatch: string } | null> {
    if (expected === 0) return { IfNoneMatch: '*' }
    if (this.#seen?.rev !== expected) await this.#object()
    return this.#seen?.rev === expected ? { IfMatch: this.#seen.etag } : null
  }

  async #put(
    { client, sdk }: S3,
    rev: number,
    value: Value,
    cause: string,
    condition: { IfNoneMatch: '*' } | { IfMatch: string },
  ): Promise<'written'> {
    const { ETag: etag } = await client.send(
      new sdk.PutObjectCommand({
        Bucket: this.#bucket,
        Key: this.#key,
        // With its revision, so that no two writes have the same bytes, and so the same tag.
        Body: packedValue({ rev, cause, value }, this.#key),
        ...condition,
      }),
    )
    this.#seen = { rev, etag: etag! }
    return 'written'
  }

  async #object(): Promise<Versioned<unknown> | null> {
    const { client, sdk } = await this.#clients.s3()
    try {
      const { Body: body, ETag: etag } = await client.send(
        new sdk.GetObjectCommand({ Bucket: this.#bucket, Key: this.#key }),
      )
      const { rev, value } = unpackedValue(await body!.transformToByteArray(), this.#key) as Versioned<unknown>
      this.#seen = { rev, etag: etag! }
      return { rev, value }
    } catch (error) {
      if (statusOf(error) === 404 && isCalled(error, 'NoSuchKey')) {
        this.#seen = null
        return null
      }
      throw this.#failed(WORDS[this.#item].read, 'read', error, NOT_WRITTEN)
    }
  }

  #failed(code: ErrorCode, what: string, error: unknown, did: string, retry = !isRefusal(error)): SluiceError {
    const { name } = WORDS[this.#item]
    return new SluiceError(
      code,
      `The ${name} at s3://${this.#bucket}/${this.#key} could not be ${what}: ${messageOf(error)}`,
      {
        where: { detail: `bucket ${this.#bucket}` },
        did,
        retry,
        next: retry ? [] : ['check that the bucket exists', 'check that the role may read and put this object'],
        cause: error,
      },
    )
  }
}

/** Names hold anything, and keys are parts of URLs. */
const registerKey = (prefix: string, app: string, item: RegisterName): string =>
  `${prefix}${encodeURIComponent(app).replaceAll('.', '%2E')}/${item}`

/** The names of the apps that have a head below `prefix`; `null` if there is no such bucket. */
export async function appsInBucket(clients: AwsClients, bucket: string, prefix: string): Promise<string[] | null> {
  const names = new Set<string>()
  try {
    for await (const { Key: key } of listed(await clients.s3(), { Bucket: bucket, Prefix: prefix }))
      names.add(decodeURIComponent(key!.slice(prefix.length).split('/', 1)[0]!))
  } catch (error) {
    if (isCalled(error, 'NoSuchBucket')) return null
    throw error
  }
  return [...names].toSorted()
}

const NOT_WRITTEN = 'nothing was written'
const UNKNOWN = 'whether it was written is not known yet'
