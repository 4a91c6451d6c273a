import { crc32 } from 'node:zlib'
import { ENTRY_BYTES, HEADER_BYTES, MAGIC, TAIL_BYTES, VERSION } from './block-form.ts'

/** A block without what follows from the rest of it, where each byte counts: magic, offsets, checksums and sizes. */
interface BareBlock {
  /** Of each section: its number, its length and its rows. */
  readonly sections: readonly (readonly number[])[]
  /** The bytes of the sections, one behind the other. */
  readonly content: Uint8Array
}

/** `null`: these bytes are no block that `wholeBlock` would give again. */
export function bareBlock(bytes: Uint8Array): BareBlock | null {
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (block.length < HEADER_BYTES + TAIL_BYTES || block.readUInt32LE(0) !== MAGIC) return null
  const count = block.readUInt32LE(block.length - COUNT_FROM_END)
  const end = block.length - TAIL_BYTES - count * ENTRY_BYTES
  if (end < HEADER_BYTES) return null
  const sections = Array.from({ length: count }, (_, i) =>
    FIELDS.map((field) => block.readUInt32LE(end + i * ENTRY_BYTES + field)),
  )
  const bare = { sections, content: block.subarray(HEADER_BYTES, end) }
  return wholeBlock(bare).equals(block) ? bare : null
}

/** Section, length and rows in an entry of the index, and where the number of entries stands. */
const FIELDS = [0, 8, 12]
const COUNT_FROM_END = 16

/** The opposite. */
export function wholeBlock({ sections, content }: BareBlock): Buffer {
  let offset = HEADER_BYTES
  const entries = sections.flatMap(([section, length, rows]) => {
    const at = offset
    offset += length
    return [section, at, length, rows, crc32(content.subarray(at - HEADER_BYTES, offset - HEADER_BYTES))]
  })
  const size = HEADER_BYTES + content.length + ENTRY_BYTES * sections.length + TAIL_BYTES
  const index = numbers([...entries, size, sections.length])
  return Buffer.concat([numbers([MAGIC, VERSION]), content, index, numbers([crc32(index), VERSION, MAGIC])])
}

/** A damaged index may say lengths that together are beyond 32 bits: what comes of them is no block, and no error. */
function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, 4 * i)
  return bytes
}
