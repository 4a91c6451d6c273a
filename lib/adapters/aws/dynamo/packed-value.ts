import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** More than any head has. */
const UNPACKED_BYTES_MAX = 16 * 1024 * 1024

/**
 * A value as few bytes: JSON, compressed. An object that travels inside its reference is base64 there, in which nothing
 * repeats; where it is text, it is packed as text.
 */
export const packedValue = (value: unknown): Uint8Array => zstdCompressSync(JSON.stringify(value, asText))

/** Throws where the bytes are no packed value. */
export const unpackedValue = (bytes: Uint8Array): unknown =>
  JSON.parse(zstdDecompressSync(bytes, { maxOutputLength: UNPACKED_BYTES_MAX }).toString(), asInline) as unknown

function asText(name: string, value: unknown): unknown {
  if (name !== 'inline' || typeof value !== 'string') return value
  const text = Buffer.from(value, 'base64').toString()
  return Buffer.from(text).toString('base64') === value ? { text } : value
}

const asInline = (name: string, value: unknown): unknown =>
  name === 'inline' && typeof value === 'object'
    ? Buffer.from((value as { text: string }).text).toString('base64')
    : value
