import type { BlockWriter, Patience } from './block-writer.ts'
import { lookOf, Refused } from './refused.ts'

/** Records that no batch will see, and one of them as an example. */
export interface Loss {
  readonly records: number
  readonly what: string
  readonly example: string
  readonly error: unknown
}

/** Whose records they are, and who hears of those that come to nothing. */
interface Owner {
  /** As which letters are kept. */
  readonly receiver: string
  /** Whether what cannot be stored is kept as a dead letter. */
  readonly keepsRefused: boolean
  /** Aborts when the receiver has ended. */
  readonly ended: AbortSignal
  /** Something came to be stored. */
  stored(): void
  lost(loss: Loss): void
  failed(message: string, error: unknown): void
}

/** Of a block that cannot be stored, so many records are kept as dead letters. */
const SHOWN_OF_BLOCK = 100

/**
 * Stores records that came one by one. Nobody waits for their blocks and could send them again, so each is tried for as
 * long as the receiver runs, and a record that cannot be stored does not take its neighbours with it.
 */
export class SingleRecords<T> {
  readonly #writer: BlockWriter
  readonly #owner: Owner
  readonly #patience: Patience

  constructor(writer: BlockWriter, owner: Owner) {
    this.#writer = writer
    this.#owner = owner
    this.#patience = {
      signal: owner.ended,
      failed: (error) => owner.failed('a block could not be stored yet, and is tried again', error),
    }
  }

  async push(block: readonly (T | Refused)[]): Promise<void> {
    const refused = block.filter((each) => each instanceof Refused)
    const records = refused.length === 0 ? (block as readonly T[]) : block.filter((each) => !(each instanceof Refused))
    if (records.length > 0) await this.#store(records as readonly T[], refused)
    if (this.#owner.keepsRefused && refused.length > 0) await this.#storeRefused(refused)
  }

  /** Those that cannot be stored come to be among `refused`. */
  async #store(records: readonly T[], refused: Refused[]): Promise<void> {
    let stored: Promise<void>
    try {
      stored = this.#writer.store(records, undefined, this.#patience)
    } catch (error) {
      if (records.length > 1) return this.#storeHalves(records, refused)
      return this.#lose(records, 'a record cannot be stored', error, refused)
    }
    try {
      await stored
      this.#owner.stored()
    } catch (error) {
      this.#lose(records, `a block of ${records.length} records could not be stored`, error, refused)
    }
  }

  async #storeHalves(records: readonly T[], refused: Refused[]): Promise<void> {
    const half = records.length >> 1
    await this.#store(records.slice(0, half), refused)
    await this.#store(records.slice(half), refused)
  }

  #lose(records: readonly T[], what: string, error: unknown, refused: Refused[]): void {
    for (const record of records.slice(0, SHOWN_OF_BLOCK))
      refused.push(new Refused(record, error, this.#owner.receiver))
    this.#owner.lost({ records: records.length, what, example: lookOf(records[0]), error })
  }

  async #storeRefused(refused: readonly Refused[]): Promise<void> {
    try {
      await this.#writer.storeRefused(refused, this.#patience)
    } catch (error) {
      this.#owner.failed(`${refused.length} dead letters could not be stored`, error)
    }
  }
}
