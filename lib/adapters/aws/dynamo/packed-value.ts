import { crc32, deflateRawSync, inflateRawSync, zstdDecompressSync } from 'node:zlib'
import { longText, shortText } from './short-text.ts'
import { WORDS } from './packed-words.ts'

/** More than any head has. */
const UNPACKED_BYTES_MAX = 16 * 1024 * 1024
const FORM = 1
/** Form, checksum and length of the ids. */
const HEAD_BYTES = 9
const ZSTD = 0x28
const END_OF_TEXT = 0

/**
 * A value as few bytes: the text of its JSON, compressed together with the words that all such texts have and with
 * `name`, which its reader knows, and beside it ids and hashes as they are.
 *
 *     form   checksum   bytes of ids   ids   compressed: text, 0, what references hold that is no text
 */
export function packedValue(value: unknown, name: string): Uint8Array {
  const { text, ids, bytes } = shortText(JSON.stringify(value))
  const content = Buffer.concat([Buffer.from(text), Buffer.of(END_OF_TEXT), bytes])
  const head = Buffer.alloc(HEAD_BYTES)
  head.writeUInt8(FORM, 0)
  head.writeUInt32LE(crc32(content, crc32(ids)), 1)
  head.writeUInt32LE(ids.length, 5)
  return Buffer.concat([head, ids, deflateRawSync(content, { level: 9, dictionary: wordsWith(name) })])
}

/** Throws where the bytes are no packed value. */
export function unpackedValue(packed: Uint8Array, name: string): unknown {
  if (packed[0] === ZSTD) return earlierValue(packed)
  const bytes = Buffer.from(packed.buffer, packed.byteOffset, packed.length)
  const form = bytes.readUInt8(0)
  if (form !== FORM) throw new Error(`it is packed in form ${form}, and this build reads form ${FORM}`)
  const idsEnd = HEAD_BYTES + bytes.readUInt32LE(5)
  const ids = bytes.subarray(HEAD_BYTES, idsEnd)
  const content = inflateRawSync(bytes.subarray(idsEnd), {
    dictionary: wordsWith(name),
    maxOutputLength: UNPACKED_BYTES_MAX,
  })
  if (crc32(content, crc32(ids)) !== bytes.readUInt32LE(1)) throw new Error('its checksum differs')
  const end = content.indexOf(END_OF_TEXT)
  return JSON.parse(longText({ text: content.toString('utf8', 0, end), ids, bytes: content.subarray(end + 1) }))
}

const wordsWith = (name: string): Buffer => Buffer.concat([Buffer.from(name), WORDS])

/** As earlier versions packed it: JSON with what references hold as text, where it is text. */
const earlierValue = (bytes: Uint8Array): unknown =>
  JSON.parse(zstdDecompressSync(bytes, { maxOutputLength: UNPACKED_BYTES_MAX }).toString(), asInline) as unknown

const asInline = (name: string, value: unknown): unknown =>
  name === 'inline' && typeof value === 'object'
    ? Buffer.from((value as { text: string }).text).toString('base64')
    : value
