import { crc32 } from 'node:zlib'
import { putBlob, travels } from '../../checkpoint/blobs.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import type { OperatorUid } from '../../model/ids.ts'
import type { BlobRef } from '../../model/refs.ts'

/** What is larger has an object of its own: one more request is nothing beside it. */
const TOGETHER_BYTES_MAX = 256 * 1024
/** An object is written once it has come to so much, so that a task holds no more. */
const OBJECT_BYTES_MAX = 4 * 2 ** 20

interface OpenObject {
  readonly key: string
  readonly parts: Uint8Array[]
  length: number
}

/** Names of a task's objects. */
interface StateNames {
  /** One of its own for bytes of an operator. */
  single(operator: OperatorUid, suffix: string): string
  /** One for bytes of many. */
  together(suffix: string): string
}

/**
 * The objects in which one task writes state. What is small lies together, since each request costs: blocks of all
 * partitions and operators in one object, which lives until the last of their chains has been rewritten, and panes of
 * each operator in one, because panes leave a window by their time. Stores whose objects end with the process have
 * nothing to save.
 */
export class StateObjects {
  readonly #blobs: BlobStore
  readonly #names: StateNames
  readonly #open = new Map<string, OpenObject>()

  constructor(blobs: BlobStore, names: StateNames) {
    this.#blobs = blobs
    this.#names = names
  }

  /** Bytes that lie together with others are stored when `finish` resolves. */
  async put(operator: OperatorUid, bytes: Uint8Array, suffix: string): Promise<BlobRef> {
    if (this.#blobs.putUnwritten || travels(bytes) || bytes.length > TOGETHER_BYTES_MAX)
      return putBlob(this.#blobs, this.#names.single(operator, suffix), bytes)
    const group = suffix === 'p' ? operator : ''
    const object = this.#open.get(group) ?? { key: this.#names.together(suffix), parts: [], length: 0 }
    this.#open.set(group, object)
    const ref = { key: object.key, len: bytes.length, crc: crc32(bytes), at: object.length }
    object.parts.push(bytes)
    object.length += bytes.length
    if (object.length >= OBJECT_BYTES_MAX) await this.#close(group, object)
    return ref
  }

  async finish(): Promise<void> {
    if (this.#open.size === 0) return
    await Promise.all([...this.#open].map(([group, object]) => this.#close(group, object)))
  }

  async #close(group: string, { key, parts }: OpenObject): Promise<void> {
    this.#open.delete(group)
    await this.#blobs.putNew(key, Buffer.concat(parts))
  }
}
