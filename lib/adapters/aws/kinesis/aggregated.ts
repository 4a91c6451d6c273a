import { createHash } from 'node:crypto'
import type { KinesisRecord, StoredRecord } from './kinesis-record.ts'

/**
 * Records as the Kinesis Producer Library packs them: four bytes by which they are known, a protocol buffer, and the
 * MD5 of that. The buffer holds a table of partition keys (field 1), one of explicit hash keys (2), and the records
 * (3), each with the number of its key (1), of its hash key (2) and its data (3).
 */
const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2])
const DIGEST_BYTES = 16

/**
 * The records that were packed into this one. What is not a whole package, its sum included, is one record, as the
 * readers of Amazon have it: anybody may send bytes that begin like one.
 */
export function unpacked(record: StoredRecord): readonly KinesisRecord[] {
  const packed = contentOf(record.data)
  const records = packed && packedRecords(packed)
  if (!records) return [{ ...record, subSequenceNumber: 0 }]
  return records.map(({ partitionKey, data }, i) => ({ ...record, partitionKey, data, subSequenceNumber: i }))
}

function contentOf(data: Uint8Array): Uint8Array | null {
  if (data.length < MAGIC.length + DIGEST_BYTES || MAGIC.some((byte, i) => data[i] !== byte)) return null
  const content = data.subarray(MAGIC.length, -DIGEST_BYTES)
  const sum = createHash('md5').update(content).digest()
  return sum.equals(data.subarray(-DIGEST_BYTES)) ? content : null
}

interface Packed {
  readonly partitionKey: string
  readonly data: Uint8Array
}

/** `null`: the bytes are none. */
function packedRecords(content: Uint8Array): readonly Packed[] | null {
  const keys: string[] = []
  const found: { readonly key: number; readonly data: Uint8Array }[] = []
  for (const field of fieldsOf(content)) {
    if (!field) return null
    if (field.number === 1 && field.bytes) keys.push(Buffer.from(field.bytes).toString('utf8'))
    if (field.number !== 3 || !field.bytes) continue
    const record = packedRecord(field.bytes)
    if (!record) return null
    found.push(record)
  }
  if (found.some(({ key }) => key >= keys.length)) return null
  return found.map(({ key, data }) => ({ partitionKey: keys[key]!, data }))
}

function packedRecord(bytes: Uint8Array): { readonly key: number; readonly data: Uint8Array } | null {
  let key: number | null = null
  let data: Uint8Array | null = null
  for (const field of fieldsOf(bytes)) {
    if (!field) return null
    if (field.number === 1) key = field.value
    if (field.number === 3) data = field.bytes
  }
  return key === null || data === null ? null : { key, data }
}

interface Field {
  readonly number: number
  /** Of a number. */
  readonly value: number
  /** Of a length-delimited field; `null` where it is a number. */
  readonly bytes: Uint8Array | null
}

/** The fields of a protocol buffer, `null` and the end where it is damaged. */
function* fieldsOf(buffer: Uint8Array): Iterable<Field | null> {
  let at = 0
  const number = (): number | null => {
    let value = 0
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = buffer[at++]
      if (byte === undefined) return null
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    return null
  }
  while (at < buffer.length) {
    const tag = number()
    const value = tag === null ? null : (tag & 7) === 0 || (tag & 7) === 2 ? number() : null
    if (tag === null || value === null) return yield null
    if ((tag & 7) === 0) {
      yield { number: tag >>> 3, value, bytes: null }
      continue
    }
    if (value > buffer.length - at) return yield null
    yield { number: tag >>> 3, value, bytes: buffer.subarray(at, at + value) }
    at += value
  }
}
