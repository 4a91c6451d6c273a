import { crc32 } from 'node:zlib'
import { bareBlock, wholeBlock } from '../../../codec/bare-block.ts'

/** A text of JSON, and beside it what no compressor makes smaller. */
interface ShortText {
  readonly text: string
  /** Ids and hashes, one behind the other. */
  readonly ids: Uint8Array
  /** What references hold that is no text. */
  readonly bytes: Uint8Array
}

/*
 * What stands in the text instead. JSON has no such characters, so that each of them is one of these.
 *
 *     ID      the next id: 32 hexadecimal digits
 *     AGAIN   an id from before, by the character behind it
 *     HASH    the next hash as an item of a list: nine bytes in base64
 *     TEXT    what a reference holds, up to the END of it
 *     BYTES   the same, as so many of the bytes: the number behind it
 *     BLOCK   the same, as a bare block: behind it section, length and rows of each section, up to an END
 */
const [ID, AGAIN, HASH, TEXT, END, BYTES, BLOCK] = [
  '\u0001',
  '\u0002',
  '\u0003',
  '\u0004',
  '\u0005',
  '\u0006',
  '\u0007',
]
const STAND_INS = new RegExp(`[${ID}-${BLOCK}]`)
const ID_BYTES = 16
const HASH_BYTES = 9
/** Characters for ids from before; those of surrogate pairs are none. */
const [AGAIN_FIRST, AGAIN_MAX] = [0x20, 0xd000]

const LONG = /"len":(\d+),"crc":(\d+),"inline":"([\w+/=]*)"|[0-9a-f]{32}|(?<=[[,])"([\w-]{12})"(?=[,\]])/g
const SHORT = new RegExp(`[${ID}${HASH}${TEXT}]|${AGAIN}([^])|${BYTES}(\\d+)|${BLOCK}([^${END}]*)${END}|${END}`, 'g')

/** `json`: as `JSON.stringify` gives it. */
export function shortText(json: string): ShortText {
  const [ids, bytes]: [Uint8Array[], Uint8Array[]] = [[], []]
  const known = new Map<string, number>()
  const shortId = (id: string): string => {
    const before = known.get(id)
    if (before !== undefined) return AGAIN + String.fromCharCode(AGAIN_FIRST + before)
    if (known.size < AGAIN_MAX) known.set(id, known.size)
    ids.push(Buffer.from(id, 'hex'))
    return ID
  }
  const shortContent = (content: Uint8Array): string => {
    const text = Buffer.from(content).toString()
    if (!STAND_INS.test(text) && Buffer.from(text).equals(content)) return TEXT + short(text) + END
    const bare = bareBlock(content)
    bytes.push(bare?.content ?? content)
    if (!bare) return BYTES + content.length
    return BLOCK + bare.sections.map((section) => section.join()).join(';') + END
  }
  const short = (text: string): string =>
    text.replace(LONG, (found, len?: string, crc?: string, inline?: string, hash?: string) => {
      if (hash !== undefined) {
        ids.push(Buffer.from(hash, 'base64url'))
        return HASH
      }
      if (inline === undefined) return shortId(found)
      const content = Buffer.from(inline, 'base64')
      return longContent(content) === found ? shortContent(content) : found
    })
  return { text: short(json), ids: Buffer.concat(ids), bytes: Buffer.concat(bytes) }
}

/** Gives the text that `shortText` was given, or throws, where it has given no such thing. */
export function longText({ text, ids, bytes }: ShortText): string {
  const [nextId, nextBytes] = [inPieces(ids), inPieces(bytes)]
  const known: string[] = []
  const around: string[] = []
  let long = ''
  let at = 0
  for (const { 0: found, 1: before, 2: length, 3: sections, index } of text.matchAll(SHORT)) {
    long += text.slice(at, index)
    at = index + found.length
    switch (found[0]) {
      case ID:
        known.push(nextId(ID_BYTES).toString('hex'))
        long += known.at(-1)
        break
      case AGAIN:
        long += known[before!.charCodeAt(0) - AGAIN_FIRST]!
        break
      case HASH:
        long += `"${nextId(HASH_BYTES).toString('base64url')}"`
        break
      case TEXT:
        around.push(long)
        long = ''
        break
      case END:
        long = (around.pop() ?? '') + longContent(Buffer.from(long))
        break
      case BYTES:
        long += longContent(nextBytes(Number(length)))
        break
      case BLOCK:
        long += longContent(nextBlock(sections!, nextBytes))
    }
  }
  return long + text.slice(at)
}

function nextBlock(text: string, nextBytes: (length: number) => Buffer): Buffer {
  if (text === '') return wholeBlock({ sections: [], content: nextBytes(0) })
  const sections = text.split(';').map((section) => section.split(',').map(Number))
  return wholeBlock({ sections, content: nextBytes(sections.reduce((sum, [, length]) => sum + length!, 0)) })
}

function inPieces(bytes: Uint8Array): (length: number) => Buffer {
  let at = 0
  return (length) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).subarray(at, (at += length))
}

/** How a reference says what it holds: length and checksum follow from that. */
const longContent = (content: Uint8Array): string =>
  `"len":${content.length},"crc":${crc32(content)},"inline":"${Buffer.from(content).toString('base64')}"`
