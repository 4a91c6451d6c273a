import type { BlobStore } from '../../../lib/host/blob-store.ts'
import { encodeBlock, openBlock } from '../../../lib/codec/block.ts'
import type { BlockEvent, BlockLog } from '../../../lib/source/receiver/received-block-tracker.ts'

/**
 * Events as objects below a prefix, one each, named by their order. One process writes at a time; a later one goes on
 * behind it.
 */
export class BlobBlockLog<Block> implements BlockLog<Block> {
  readonly #blobs: BlobStore
  readonly #prefix: string
  #events: { readonly key: string; readonly event: BlockEvent<Block> }[] | null = null
  #next = 0

  /** `prefix` ends in `/`. */
  constructor(blobs: BlobStore, prefix: string) {
    this.#blobs = blobs
    this.#prefix = prefix
  }

  async append(event: BlockEvent<Block>): Promise<void> {
    const events = await this.#load()
    const key = `${this.#prefix}${String(this.#next++).padStart(12, '0')}`
    await this.#blobs.putNew(key, encodeBlock([{ section: 0, columns: [[event]], count: 1 }], key))
    events.push({ key, event })
  }

  async read(): Promise<readonly BlockEvent<Block>[]> {
    return (await this.#load()).map(({ event }) => event)
  }

  /**
   * What precedes the first batch that is still known goes, as far as it speaks of blocks of forgotten batches only.
   */
  async clean(time: number): Promise<void> {
    const events = await this.#load()
    const forgotten = new Set(
      events.flatMap(({ event }) =>
        event.kind === 'allocated' && event.time < time ? event.blocks.flatMap(([, blocks]) => blocks.map(name)) : [],
      ),
    )
    const isNeeded = (event: BlockEvent<Block>): boolean => {
      if (event.kind === 'added') return !event.blocks.every((block) => forgotten.has(name(block)))
      return event.kind === 'allocated' ? event.time >= time : event.before >= time
    }
    // An added block must go before the batch that took it, or it would seem to wait again.
    const old = events
      .filter(({ event }) => !isNeeded(event))
      .sort((a, b) => Number(b.event.kind === 'added') - Number(a.event.kind === 'added'))
    for (const { key } of old) await this.#blobs.delete(key)
    this.#events = events.filter(({ event }) => isNeeded(event))
  }

  async #load(): Promise<{ readonly key: string; readonly event: BlockEvent<Block> }[]> {
    if (this.#events) return this.#events
    const keys = await this.#blobs.list(this.#prefix)
    const events = await Promise.all(
      keys.map(async (key) => ({
        key,
        event: openBlock(await this.#blobs.get(key), key).read(0, 1)[0][0] as BlockEvent<Block>,
      })),
    )
    this.#next = keys.length === 0 ? 0 : Number(keys.at(-1)!.slice(this.#prefix.length)) + 1
    return (this.#events = events)
  }
}

const name = (block: unknown): string => JSON.stringify(block)
