import { encodeBlock, openBlock } from '../../codec/block.ts'
import { hasCode, SluiceError } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import type { SourceIo } from '../source.ts'

/** A stored block of one run of a receiver; `seq` counts from 0 within the run. */
export interface ReceivedBlock {
  readonly key: string
  readonly run: string
  readonly seq: number
  readonly records: number
}

const PUT_ATTEMPTS_MAX = 4
const PUT_DELAY_MS = 100

/**
 * Stores blocks under `<prefix>blocks/<run>/<seq>-<records>`: the name alone says all that a cut must know, so a list
 * of names is the log of what was received. Blocks are registered in order of `seq`, whatever order they become durable
 * in: a position is one number per run.
 */
export class BlockWriter {
  readonly #io: SourceIo
  readonly #run: string
  readonly #register: (block: ReceivedBlock) => Promise<void>
  #next = 0
  #registered: Promise<unknown> = Promise.resolve()

  constructor(io: SourceIo, run: string, register: (block: ReceivedBlock) => Promise<void>) {
    this.#io = io
    this.#run = run
    this.#register = register
  }

  /** Resolves when the block is durable and registered. Metadata is kept beside the records. */
  store(records: readonly unknown[], metadata?: Json): Promise<void> {
    return this.#write(encodeRecords(records, metadata), records.length)
  }

  /** Bytes that are a block of records already, or else are one record. */
  storeBytes(bytes: Uint8Array, metadata?: Json): Promise<void> {
    const records = recordsOfBlock(bytes)
    return records === null ? this.store([new Uint8Array(bytes)], metadata) : this.#write(bytes, records)
  }

  #write(bytes: Uint8Array, records: number): Promise<void> {
    const seq = this.#next++
    const block = { key: blockKey(this.#io.prefix, this.#run, seq, records), run: this.#run, seq, records }
    const put = this.#put(block.key, bytes)
    const registered = this.#registered.then(() => put).then(() => this.#register(block))
    // A block that could not be stored is its caller's loss; those behind it go on.
    this.#registered = registered.catch(() => {})
    return registered
  }

  async #put(key: string, bytes: Uint8Array): Promise<void> {
    const { blobs, clock } = this.#io
    for (let attempt = 1; ; attempt++) {
      try {
        return await blobs.putNew(key, bytes)
      } catch (error) {
        // Nobody else makes this name: the attempt before did arrive.
        if (attempt > 1 && hasCode(error, 'E_BLOB_EXISTS')) return
        if (attempt === PUT_ATTEMPTS_MAX || (error instanceof SluiceError && !error.retry)) throw error
        await clock.sleepUntil(clock.now() + PUT_DELAY_MS * 2 ** attempt)
      }
    }
  }
}

/** The bytes of a block of records. @testing Tests store blocks themselves. */
export const encodeRecords = (records: readonly unknown[], metadata?: Json): Uint8Array =>
  encodeBlock(
    [
      { section: 0, columns: [records], count: records.length },
      ...(metadata === undefined ? [] : [{ section: 1, columns: [[metadata]], count: 1 }]),
    ],
    'records',
  )

/** The blocks below a prefix, by run and in order. */
export async function listBlocks({ blobs, prefix }: SourceIo): Promise<ReceivedBlock[]> {
  const names = `${prefix}blocks/`
  return (await blobs.list(names)).flatMap((key) => {
    const match = /^([^/]+)\/(\d+)-(\d+)$/.exec(key.slice(names.length))
    return match ? [{ key, run: match[1], seq: Number(match[2]), records: Number(match[3]) }] : []
  })
}

/** Digits enough that names sort as numbers do. */
const blockKey = (prefix: string, run: string, seq: number, records: number): string =>
  `${prefix}blocks/${run}/${String(seq).padStart(12, '0')}-${records}`

function recordsOfBlock(bytes: Uint8Array): number | null {
  try {
    return openBlock(bytes, 'bytes').sectionRange(0).count
  } catch {
    return null
  }
}
