import { encodeBlock, openBlock, type Section } from '../../codec/block.ts'
import { hasCode, SluiceError } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import type { SourceIo } from '../source.ts'
import { type Refused, readRefused, storedForm, type StoredRefused } from './refused.ts'

/** A stored block of one run of a receiver; `seq` counts from 0 within the run. */
export interface ReceivedBlock {
  readonly key: string
  readonly run: string
  readonly seq: number
  readonly records: number
}

/** Who goes on trying to store a block, and until when. */
export interface Patience {
  /** Up to its abort there are as many attempts as it takes; then a few more. */
  readonly signal: AbortSignal
  /** Hears of each attempt that failed and is followed by another. */
  failed(error: unknown): void
}

const PUT_ATTEMPTS_MAX = 4
const PUT_DELAY_MS = 100
const PUT_DELAY_MAX_MS = 30_000

/** Records, what their receiver said of them, and what it was given that is no record. */
const RECORDS = 0
const METADATA = 1
const REFUSED = 2

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
  store(records: readonly unknown[], metadata?: Json, patience: Patience | null = null): Promise<void> {
    return this.#write(encodeRecords(records, metadata), records.length, patience)
  }

  /** What is no record, in a block of its own: whoever reads that says it, and gives no record. */
  storeRefused(refused: readonly Refused[], patience: Patience): Promise<void> {
    const sections = [columnOf(RECORDS, []), columnOf(REFUSED, refused.map(storedForm))]
    return this.#write(encodeBlock(sections, 'refused'), 0, patience)
  }

  /** Bytes that are a block of records already, or else are one record. */
  storeBytes(bytes: Uint8Array, metadata?: Json): Promise<void> {
    const records = recordsOfBlock(bytes)
    return records === null ? this.store([new Uint8Array(bytes)], metadata) : this.#write(bytes, records, null)
  }

  #write(bytes: Uint8Array, records: number, patience: Patience | null): Promise<void> {
    const seq = this.#next++
    const block = { key: blockKey(this.#io.prefix, this.#run, seq, records), run: this.#run, seq, records }
    const put = this.#put(block.key, bytes, patience)
    const registered = this.#registered.then(() => put).then(() => this.#register(block))
    // A block that could not be stored is its caller's loss; those behind it go on.
    this.#registered = registered.catch(() => {})
    return registered
  }

  async #put(key: string, bytes: Uint8Array, patience: Patience | null): Promise<void> {
    const { blobs, clock } = this.#io
    let left = PUT_ATTEMPTS_MAX
    for (let attempt = 1; ; attempt++) {
      try {
        return await blobs.putNew(key, bytes)
      } catch (error) {
        // Nobody else makes this name: the attempt before did arrive.
        if (attempt > 1 && hasCode(error, 'E_BLOB_EXISTS')) return
        const isPatient = patience !== null && !patience.signal.aborted
        if (!isPatient) left--
        if (left === 0 || (error instanceof SluiceError && !error.retry)) throw error
        if (isPatient) patience.failed(error)
        const waitMs = Math.min(PUT_DELAY_MS * 2 ** attempt, PUT_DELAY_MAX_MS)
        await clock.sleepUntil(clock.now() + waitMs, isPatient ? patience.signal : undefined)
      }
    }
  }
}

/** The bytes of a block of records. @testing Tests store blocks themselves. */
export const encodeRecords = (records: readonly unknown[], metadata?: Json): Uint8Array =>
  encodeBlock(
    [columnOf(RECORDS, records), ...(metadata === undefined ? [] : [columnOf(METADATA, [metadata])])],
    'records',
  )

const columnOf = (section: number, values: readonly unknown[]): Section => ({
  section,
  columns: [values],
  count: values.length,
})

/** What a block says that it holds, beside its records. Throws what `openBlock` throws. */
export function readReceived(
  bytes: Uint8Array,
  key: string,
): { records: unknown[]; refused: readonly StoredRefused[] } {
  const block = openBlock(bytes, key)
  const [records] = block.read(RECORDS, 1)
  if (records.length > 0 || !block.has(REFUSED)) return { records, refused: [] }
  return { records, refused: readRefused(block.read(REFUSED, 1)[0], key) }
}

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
    return openBlock(bytes, 'bytes').sectionRange(RECORDS).count
  } catch {
    return null
  }
}
