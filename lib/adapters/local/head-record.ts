import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'

/**
 * One line of a head log: `<crc32>.<chain>.<length> {"kind":…,"rev":…,"cause":…,"writer":…,"value":…}`.
 *
 * It begins and ends with a newline. The first one cuts off whatever a crashed writer left unfinished before it, the
 * last one tells a reader that the record is whole; so a record is either read completely or skipped, and spoils no
 * other. The length tells a record that was cut off, which counts for nobody, from one that was changed, which must not
 * silently turn back what it committed. The chain is a SHA-256 of the record and of the chain before it, so that no
 * record can be exchanged without all that follow.
 *
 * Version 0.1.0 wrote `<crc32> {…}`; such lines are read where no line with a chain stands before them.
 */
export interface HeadRecord {
  /**
   * `open` begins a log and repeats where the one before ended; `write` asks to be the next revision; `seal` ends the
   * log.
   */
  readonly kind: 'open' | 'write' | 'seal'
  readonly rev: number
  readonly cause: string
  /** Who appended it: 32 hex digits, drawn once per opened store. */
  readonly writer: string
  /** The value as JSON. Parsed by who needs it. */
  readonly text: string
  /** 64 hex digits; `null` in a line of version 0.1.0. */
  readonly chain: string | null
}

/**
 * What a record before any seal does to the register, given the record that holds it now. The order of records in the
 * file is the only judge.
 */
export const judge = (tip: HeadRecord, record: HeadRecord): 'wins' | 'void' | 'seals' | 'gap' => {
  switch (record.kind) {
    case 'open':
      return 'void'
    case 'seal':
      return 'seals'
    case 'write':
      if (record.rev === tip.rev + 1) return 'wins'
      // Writers only build on what they have read and synced, so a hole is never a crash: a record that was there is
      // damaged.
      return record.rev <= tip.rev ? 'void' : 'gap'
  }
}

/** The record that follows `before`, with its place in the chain. */
export const chained = (before: HeadRecord | null, record: Omit<HeadRecord, 'chain'>): HeadRecord => ({
  ...record,
  chain: chainOf(before, record),
})

/** Whether the record has the chain that follows from the one before it. */
export const follows = (before: HeadRecord, record: HeadRecord): boolean =>
  record.chain === null ? before.chain === null : record.chain === chainOf(before, record)

const chainOf = (before: HeadRecord | null, { rev, cause, writer, text }: Omit<HeadRecord, 'chain'>): string =>
  hash('sha256', JSON.stringify([before?.chain ?? '', rev, cause, writer]) + text, 'hex')

export const encodeRecord = ({ text, chain, ...facts }: HeadRecord): Uint8Array => {
  const { kind, rev, cause, writer } = facts
  const json = JSON.stringify({ kind, rev, cause, writer }).slice(0, -1) + valueMark + text + '}'
  const bytes = Buffer.from(json)
  const header = chain === null ? checksum(bytes) : `${checksum(bytes)}.${chain}.${bytes.length}`
  return Buffer.concat([Buffer.from(`\n${header} `), bytes, Buffer.from('\n')])
}

/** `null` for anything that is not a whole, undamaged record. `line` comes without its newlines. */
export const decodeRecord = (line: Buffer): HeadRecord | null => {
  const { json, crc, chain } = partsOf(line)
  if (crc === null || crc !== checksum(json)) return null
  const all = json.toString()
  const cut = all.indexOf(valueMark)
  const facts = cut === -1 ? null : factsIn(`${all.slice(0, cut)}}`)
  return facts && { ...facts, text: all.slice(cut + valueMark.length, -1), chain }
}

/**
 * Whether a line that is no record was one, or a part of one, before its bytes were changed. What a crash leaves is
 * shorter than it says, ends in the middle of its JSON, or has no header at all; what a power cut leaves is zeros.
 */
export function wasChanged(line: Buffer): boolean {
  const { json, crc, length } = partsOf(line)
  if (crc === null) return line.at(-1) === closingBrace && !line.includes('\0\0')
  if (length !== null && json.length >= length) return true
  return crc !== checksum(json) && isJson(json)
}

/** Whether a line without its end is longer than it says: then the newline is what was changed. */
export function outgrew(line: Buffer): boolean {
  const { json, length } = partsOf(line)
  return length !== null && json.length > length
}

function partsOf(line: Buffer): { json: Buffer; crc: string | null; chain: string | null; length: number | null } {
  const found = /^([0-9a-f]{8})(?:\.([0-9a-f]{64})\.(\d{1,10}))? /.exec(line.toString('latin1', 0, HEADER_MAX))
  if (!found) return { json: line, crc: null, chain: null, length: null }
  const [header, crc, chain, length] = found
  return { json: line.subarray(header.length), crc: crc!, chain: chain ?? null, length: length ? Number(length) : null }
}

function isJson(bytes: Buffer): boolean {
  try {
    return typeof JSON.parse(bytes.toString()) === 'object'
  } catch {
    return false
  }
}

const HEADER_MAX = 8 + 1 + 64 + 1 + 10 + 1
const closingBrace = 0x7d

/** A checksum fits whatever it was computed of. */
function factsIn(json: string): Omit<HeadRecord, 'text' | 'chain'> | null {
  try {
    const { kind, rev, cause, writer } = JSON.parse(json) as Omit<HeadRecord, 'text' | 'chain'>
    const isRecord =
      ['open', 'write', 'seal'].includes(kind) &&
      Number.isSafeInteger(rev) &&
      rev >= 0 &&
      typeof cause === 'string' &&
      typeof writer === 'string'
    return isRecord ? { kind, rev, cause, writer } : null
  } catch {
    return null
  }
}

/** Never inside the fields before it: JSON escapes the quotes of a string. */
const valueMark = ',"value":'
const checksum = (bytes: Uint8Array): string => crc32(bytes).toString(16).padStart(8, '0')
