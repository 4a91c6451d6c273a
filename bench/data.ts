import { createHash } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Input that every contender reads. The same name means the same bytes. */
export interface InputFile {
  readonly path: string
  readonly sha256: string
}

/** Where input lies, and what a run needs for itself. */
export const folder = join(import.meta.dirname, '..', '.cache', 'bench')
const SEED = 1

/** xorshift32: the same draws in every language. */
class Draws {
  #x: number

  constructor(seed: number) {
    this.#x = seed
  }

  /** Uniform in [0, 1). */
  next(): number {
    let x = this.#x
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    this.#x = x
    return (x >>> 0) / 2 ** 32
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }
}

const WORDS = 100_000

/** The word of a rank, 1 being the most frequent: letters that look random and are different for every rank. */
export function wordOfRank(rank: number): string {
  let rest = (rank * 2654435761) % 2 ** 31
  let word = ''
  do {
    word = String.fromCharCode(97 + (rest % 26)) + word
    rest = Math.floor(rest / 26)
  } while (rest > 0)
  return word
}

/** Lines of 8 to 18 words; the word of rank r comes with a probability proportional to 1/r. */
export const textFile = (lines: number): InputFile =>
  cached(`text-${lines}.txt`, (write) => {
    const draws = new Draws(SEED)
    const words = Array.from({ length: WORDS }, (_, i) => wordOfRank(i + 1))
    const cumulative = zipf(WORDS)
    let text = ''
    for (let line = 0; line < lines; line++) {
      const count = 8 + draws.below(11)
      for (let i = 0; i < count; i++) text += (i > 0 ? ' ' : '') + words[firstAbove(cumulative, draws.next())]
      text += '\n'
      if (text.length > 1 << 20) text = flushed(text, write)
    }
    flushed(text, write)
  })

export const CAMPAIGNS = 100

/** The id of an ad, looking as random as one; ten follow each other in a campaign. */
export const adOf = (ad: number): string => uuid(ad + 1)

/** Seven fields of an event on each line, ten events for each millisecond (the Yahoo streaming benchmark). */
export const adsFile = (events: number): InputFile =>
  cached(`ads-${events}.ndjson`, (write) => {
    const draws = new Draws(SEED)
    const draw = (choices: readonly string[]): string => choices[draws.below(choices.length)]
    const ids = (from: number, count: number): string[] => Array.from({ length: count }, (_, i) => uuid(from + i))
    const [users, pages, ads] = [ids(10_001, 100), ids(20_001, 100), ids(1, CAMPAIGNS * 10)]
    let text = ''
    for (let event = 0; event < events; event++) {
      const kind = draw(['banner', 'modal', 'sponsored-search', 'mail', 'mobile'])
      text +=
        `{"user_id": "${draw(users)}", "page_id": "${draw(pages)}", "ad_id": "${draw(ads)}", "ad_type": "${kind}", ` +
        `"event_type": "${draw(['view', 'click', 'purchase'])}", ` +
        `"event_time": "${1_480_000_000_000 + Math.floor(event / 10)}", "ip_address": "1.2.3.4"}\n`
      if (text.length > 1 << 20) text = flushed(text, write)
    }
    flushed(text, write)
  })

function uuid(number: number): string {
  const hex = createHash('sha256').update(String(number)).digest('hex')
  return [8, 12, 16, 20, 32].map((end, i) => hex.slice([0, 8, 12, 16, 20][i], end)).join('-')
}

function flushed(text: string, write: (bytes: Uint8Array) => void): string {
  write(Buffer.from(text, 'latin1'))
  return ''
}

function zipf(ranks: number): Float64Array {
  const cumulative = new Float64Array(ranks)
  let sum = 0
  for (let i = 0; i < ranks; i++) cumulative[i] = sum += 1 / (i + 1)
  return cumulative.map((value) => value / sum)
}

function firstAbove(cumulative: Float64Array, u: number): number {
  let [low, high] = [0, cumulative.length - 1]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (cumulative[middle] > u) high = middle
    else low = middle + 1
  }
  return low
}

/** `count` uniform numbers below `keys`, 32 bits each, little endian. */
export const uniformFile = (keys: number, count: number): InputFile =>
  cached(`uniform-${keys}-${count}.u32`, (write) => {
    const draws = new Draws(SEED)
    const chunk = new Uint32Array(1 << 16)
    for (let done = 0; done < count; done += chunk.length) {
      const part = chunk.subarray(0, Math.min(chunk.length, count - done))
      for (let i = 0; i < part.length; i++) part[i] = draws.below(keys)
      write(new Uint8Array(part.buffer, 0, part.byteLength))
    }
  })

/** Moved into place whole, so that a file with a name is complete. */
function cached(name: string, generate: (write: (bytes: Uint8Array) => void) => void): InputFile {
  const path = join(folder, name)
  if (!existsSync(`${path}.sha256`)) {
    mkdirSync(folder, { recursive: true })
    const hash = createHash('sha256')
    const file = openSync(`${path}.tmp`, 'w')
    generate((bytes) => {
      hash.update(bytes)
      writeSync(file, bytes)
    })
    closeSync(file)
    renameSync(`${path}.tmp`, path)
    writeFileSync(`${path}.sha256`, hash.digest('hex'))
  }
  return { path, sha256: readFileSync(`${path}.sha256`, 'latin1') }
}
