import { crc32 } from 'node:zlib'
import { located, SluiceError } from '../model/errors.ts'
import { HEADER_BYTES, MAGIC, VERSION } from './block-form.ts'
import { BlockIndex, type BlockEntry, writeIndex } from './block-index.ts'
import { ByteReader, ByteWriter } from './bytes.ts'
import { type Column, decodeColumn, encodeColumn, ROWS_MAX } from './column.ts'

/**
 * The one format for shuffle, state, outputs, wire and disk:
 *
 *     header   magic, version
 *     section  number of columns, columns          (as many as there are)
 *     index    section, offset, length, rows, crc  (one per section, in order, without gaps)
 *     tail     size of the block, number of sections, crc of the index, version, magic
 *
 * The index comes last, so that a block is written in one pass, and a reader of few sections fetches the end and then
 * only these.
 */
export interface Section {
  /** Any number from 0 to 2^32 - 1, once per block: a reducer, a key group, a partition. */
  readonly section: number
  readonly columns: readonly Column[]
  /** Rows; each column has at least as many values. At most `ROWS_MAX`. */
  readonly count: number
}

/**
 * Throws what `writeValue` throws, and `E_BLOB_TOO_LARGE` above 4 GiB or `ROWS_MAX` rows in a section. `path` names the
 * rows in errors. Each section is written before the next one is asked for: what was read to make it is near then.
 */
export function encodeBlock(sections: Iterable<Section>, path: string = 'values'): Uint8Array<ArrayBuffer> {
  const w = borrowWriter()
  try {
    w.u32(MAGIC)
    w.u32(VERSION)
    writeIndex(
      w,
      Array.from(sections, (section) => writeSection(w, section, path)),
    )
    return w.copy()
  } finally {
    returnWriter(w)
  }
}

function writeSection(w: ByteWriter, { section, columns, count }: Section, path: string): BlockEntry {
  if (count > ROWS_MAX)
    throw new SluiceError('E_BLOB_TOO_LARGE', `A section of ${count} rows cannot be written; ${ROWS_MAX} is the most.`)
  const offset = w.length
  w.varint(columns.length)
  for (const column of columns) encodeColumn(w, column, count, path)
  const length = w.length - offset
  return { section, offset, length, count, crc: crc32(w.bytes.subarray(offset, offset + length)) }
}

/**
 * Opens a whole block; `what` names it in errors. Checks all but the contents of the sections, each of which is checked
 * when it is read. Throws `E_BLOB_TRUNCATED`, `E_BLOB_CORRUPT`, or `E_BLOB_VERSION` for a version this build cannot
 * read.
 */
export const openBlock = (bytes: Uint8Array, what: string): Block =>
  ofObject(what, () => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const index = BlockIndex.read(buffer, what)
    if (index.size !== bytes.length) {
      throw new SluiceError('E_BLOB_TRUNCATED', `${what} has ${bytes.length} bytes and should have ${index.size}.`)
    }
    const header = new ByteReader(buffer, what, 0, HEADER_BYTES)
    if (header.u32() !== MAGIC || header.u32() !== VERSION) header.corrupt('it does not start as a block')
    return new Block(buffer, index)
  })

/** Errors say which object they are about, so that nobody needs to search their words for it. */
function ofObject<R>(what: string, read: () => R): R {
  try {
    return read()
  } catch (error) {
    throw located(error, { object: what })
  }
}

/**
 * The index of a block from its last bytes: at least `indexBytes(sections)` of them. Throws as `openBlock` does.
 * @testing Whoever reads sections alone knows where they lie.
 */
export const readIndex = (tail: Uint8Array, what: string): BlockIndex => BlockIndex.read(tail, what)

/** A block in memory. */
export class Block {
  private readonly bytes: Buffer
  private readonly index: BlockIndex

  constructor(bytes: Buffer, index: BlockIndex) {
    this.bytes = bytes
    this.index = index
  }

  /** All sections, in the order they were written. */
  get entries(): readonly BlockEntry[] {
    return this.index.entries
  }

  has(section: number): boolean {
    return this.index.has(section)
  }

  /**
   * The columns of a section. Throws `E_BLOB_CORRUPT` when its bytes changed since they were written, or when it has
   * less than `least` columns, as a block of another kind may; `E_BLOB_SECTION` when it is not there.
   */
  read(section: number, least = 0): unknown[][] {
    return ofObject(this.index.what, () => {
      const entry = this.index.sectionRange(section)
      const bytes = this.bytes.subarray(entry.offset, entry.offset + entry.length)
      return readSection(entry, bytes, this.index.what, least)
    })
  }

  /** Where a section lies. Throws `E_BLOB_SECTION`. */
  sectionRange(section: number): BlockEntry {
    return this.index.sectionRange(section)
  }
}

/** The columns of a section that was fetched alone, of the block `what`. Throws as `Block.read` does. */
export function readSection(
  { section, length, count, crc }: Omit<BlockEntry, 'offset'>,
  bytes: Uint8Array,
  what: string,
  least = 0,
): unknown[][] {
  return ofObject(what, () => {
    const r = new ByteReader(bytes, `section ${section} of ${what}`)
    if (bytes.length !== length || crc32(bytes) !== crc) r.corrupt('its checksum differs')
    const columns: unknown[][] = []
    for (let left = r.count(); left > 0; left--) columns.push(decodeColumn(r, count))
    if (r.remaining > 0) r.corrupt(`${r.remaining} bytes follow its last column`)
    if (columns.length >= least) return columns
    throw new SluiceError(
      'E_BLOB_CORRUPT',
      `section ${section} of ${what} has ${columns.length} columns, which is less than ` +
        `${least}: it is a block of another kind.`,
      { where: { detail: what }, did: 'nothing of it was used' },
    )
  })
}

export { HEADER_BYTES } from './block-form.ts'
export { type BlockEntry, BlockIndex, indexBytes } from './block-index.ts'

// Memory that was touched before is several times faster to write than new memory, so one writer serves block after
// block.
let idleWriter: ByteWriter | null = null
const IDLE_BYTES_MAX = 2 ** 23

/** A codec of a class may encode a block while one is being encoded: it gets another writer. */
function borrowWriter(): ByteWriter {
  const w = idleWriter ?? new ByteWriter(4096)
  idleWriter = null
  w.length = 0
  return w
}

function returnWriter(w: ByteWriter): void {
  if (w.bytes.length <= IDLE_BYTES_MAX) idleWriter = w
}
