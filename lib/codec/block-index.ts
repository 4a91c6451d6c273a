import { crc32 } from 'node:zlib'
import { SluiceError } from '../model/errors.ts'
import { ENTRY_BYTES, HEADER_BYTES, MAGIC, TAIL_BYTES, VERSION } from './block-form.ts'
import { ByteReader, type ByteWriter } from './bytes.ts'

const CRC_FROM_END = 12

/** One section and the bytes it takes. */
export interface BlockEntry {
  readonly section: number
  readonly offset: number
  readonly length: number
  /** Rows. */
  readonly count: number
  readonly crc: number
}

/** How many of the last bytes of a block hold its index. */
export const indexBytes = (sections: number): number => sections * ENTRY_BYTES + TAIL_BYTES

/** Ends a block whose sections are written. */
export function writeIndex(w: ByteWriter, entries: readonly BlockEntry[]): void {
  const start = w.length
  for (const { section, offset, length, count, crc } of entries) {
    w.u32(section)
    w.u32(offset)
    w.u32(length)
    w.u32(count)
    w.u32(crc)
  }
  w.u32(start + indexBytes(entries.length))
  w.u32(entries.length)
  w.u32(crc32(w.bytes.subarray(start, w.length)))
  w.u32(VERSION)
  w.u32(MAGIC)
}

/** What a block holds and where. */
export class BlockIndex {
  /** Names the block in errors. */
  readonly what: string
  readonly entries: readonly BlockEntry[]
  /** Bytes of the whole block. */
  readonly size: number
  private readonly bySection: ReadonlyMap<number, BlockEntry>

  private constructor(what: string, entries: readonly BlockEntry[], size: number) {
    this.what = what
    this.entries = entries
    this.size = size
    this.bySection = new Map(entries.map((entry) => [entry.section, entry]))
  }

  /** From bytes that end where the block ends. */
  static read(tail: Uint8Array, what: string): BlockIndex {
    const sections = checkTail(tail, what)
    const bytes = indexBytes(sections)
    if (tail.length < bytes) {
      throw new SluiceError(
        'E_BLOB_TRUNCATED',
        `${what} ends early: its index takes ${bytes} bytes and ${tail.length} are here.`,
      )
    }
    const r = new ByteReader(tail, what, tail.length - bytes)
    checkCrc(r)
    const entries: BlockEntry[] = []
    for (let i = 0; i < sections; i++)
      entries.push({ section: r.u32(), offset: r.u32(), length: r.u32(), count: r.u32(), crc: r.u32() })
    const size = r.u32()
    checkLayout(r, entries, size)
    const index = new BlockIndex(what, entries, size)
    return index.bySection.size === sections ? index : r.corrupt('two sections have one number')
  }

  has(section: number): boolean {
    return this.bySection.has(section)
  }

  /** Throws `E_BLOB_SECTION` when the block has no such section. */
  sectionRange(section: number): BlockEntry {
    const entry = this.bySection.get(section)
    if (entry !== undefined) return entry
    throw new SluiceError('E_BLOB_SECTION', `${this.what} has no section ${section}.`)
  }
}

/**
 * Magic and version come first: of a newer block nothing else can be trusted to lie where this build looks. Returns the
 * number of sections.
 */
function checkTail(tail: Uint8Array, what: string): number {
  if (tail.length < TAIL_BYTES)
    throw new SluiceError('E_BLOB_TRUNCATED', `${what} ends early: ${tail.length} bytes are no block.`)
  const r = new ByteReader(tail, what, tail.length - TAIL_BYTES)
  r.take(4)
  const sections = r.u32()
  r.take(4)
  const version = r.u32()
  if (r.u32() !== MAGIC) r.corrupt('it does not end as a block')
  if (version === VERSION) return sections
  throw new SluiceError(
    'E_BLOB_VERSION',
    `${what} has format version ${version}; this build reads version ${VERSION}.`,
    {
      did: 'nothing was read',
      next: ['deploy a build that reads it'],
    },
  )
}

function checkCrc(r: ByteReader): void {
  const covered = r.at + r.remaining - CRC_FROM_END
  if (crc32(r.bytes.subarray(r.at, covered)) !== r.bytes.readUInt32LE(covered))
    r.corrupt('the checksum of its index differs')
}

/** Sections lie one behind the other from the header to the index: then none overlaps another or reaches outside. */
function checkLayout(r: ByteReader, entries: readonly BlockEntry[], size: number): void {
  let end = HEADER_BYTES
  for (const { offset, length } of entries) {
    if (offset !== end) r.corrupt('its sections do not lie one behind the other')
    end += length
  }
  if (end + indexBytes(entries.length) !== size) r.corrupt('its sections and its size do not agree')
}
