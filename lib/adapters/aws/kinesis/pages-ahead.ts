import type { SourceIo } from '../../../source/source.ts'
import type { KinesisStream, Page } from './kinesis-stream.ts'
import { beginningOf, type ShardSplit } from './position.ts'

/** The first page of a shard, and when it was asked for. */
export interface FirstPage {
  readonly asked: number
  readonly page: Page
}

/** More than this is worth reading one shard after the other, so that no more than a page is held. */
const BYTES_AHEAD_MAX = 1024 * 1024

/**
 * First pages of shards that are about to be read, asked for side by side: a small batch of many shards waits for two
 * answers, and not for two of each shard. A page is handed out once; one that nobody takes has changed nothing.
 */
export class PagesAhead {
  readonly #stream: KinesisStream
  readonly #pages = new Map<string, Promise<FirstPage>>()

  constructor(stream: KinesisStream) {
    this.#stream = stream
  }

  /** Asks for the first pages of all, if there is little to read. What is returned waits, and forgets what is left. */
  begin(splits: readonly ShardSplit[], io: SourceIo): () => Promise<void> {
    const bytes = splits.reduce((sum, split) => sum + (split.bytes ?? Infinity), 0)
    if (bytes > BYTES_AHEAD_MAX) return async () => {}
    const asked = splits.map((split) => {
      const page = this.#ask(split, io)
      // Whoever takes it hears of it.
      page.catch(() => {})
      this.#pages.set(nameOf(split), page)
      return page
    })
    return async () => {
      await Promise.allSettled(asked)
      for (const [i, split] of splits.entries())
        if (this.#pages.get(nameOf(split)) === asked[i]) this.#pages.delete(nameOf(split))
    }
  }

  /** The page that was asked for; `null` where none was. */
  take(split: ShardSplit): Promise<FirstPage> | null {
    const page = this.#pages.get(nameOf(split)) ?? null
    this.#pages.delete(nameOf(split))
    return page
  }

  async #ask({ shard, from, most }: ShardSplit, io: SourceIo): Promise<FirstPage> {
    const asked = io.clock.now()
    const iterator = await this.#stream.iterator(shard, beginningOf(from), from.sub === undefined, io)
    return { asked, page: await this.#stream.page(iterator, most, io) }
  }
}

const nameOf = (split: ShardSplit): string => JSON.stringify(split)
