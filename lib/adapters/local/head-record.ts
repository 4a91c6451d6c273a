import { crc32 } from 'node:zlib'

/**
 * One line of a head log: `<crc32> {"kind":…,"rev":…,"cause":…,"writer":…,"value":…}`.
 *
 * It begins and ends with a newline. The first one cuts off whatever a crashed writer left unfinished before it, the
 * last one tells a reader that the record is whole; so a record is either read completely or skipped, and spoils no
 * other.
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

export const encodeRecord = ({ text, ...facts }: HeadRecord): Uint8Array => {
  const { kind, rev, cause, writer } = facts
  const json = JSON.stringify({ kind, rev, cause, writer }).slice(0, -1) + valueMark + text + '}'
  return Buffer.from(`\n${checksum(Buffer.from(json))} ${json}\n`)
}

/** `null` for anything that is not a whole, undamaged record. `line` comes without its newlines. */
export const decodeRecord = (line: Buffer): HeadRecord | null => {
  const json = line.subarray(checksumLength + 1)
  if (line.length <= checksumLength || line.toString('latin1', 0, checksumLength + 1) !== `${checksum(json)} `)
    return null
  const all = json.toString()
  const cut = all.indexOf(valueMark)
  const facts = cut === -1 ? null : factsIn(`${all.slice(0, cut)}}`)
  return facts && { ...facts, text: all.slice(cut + valueMark.length, -1) }
}

/** A checksum fits whatever it was computed of. */
function factsIn(json: string): Omit<HeadRecord, 'text'> | null {
  try {
    const { kind, rev, cause, writer } = JSON.parse(json) as Omit<HeadRecord, 'text'>
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
const checksumLength = 8
const checksum = (bytes: Uint8Array): string => crc32(bytes).toString(16).padStart(checksumLength, '0')
