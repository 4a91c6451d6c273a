import { crc32 } from 'node:zlib'
import { SluiceError } from '../model/errors.ts'
import type { ListedFile } from './file-selection.ts'
import { MARK_BYTES, type Mark, MarkList, marksOf, MarkTable, textOfMark } from './marks.ts'
import type { SourceIo } from './source.ts'

/**
 * Which files were ever taken: an object for each of some pieces, the oldest and largest first, and the marks of the
 * last batches.
 */
export type SeenState = {
  readonly pieces: readonly Piece[]
  /** The number of the piece that is written next. */
  readonly next: number
  readonly recent: readonly string[]
}

type Piece = {
  readonly object: string
  /** Of the bytes of the object; version 0.1.0 noted none. */
  readonly crc?: number
  readonly count: number
}

/** Earlier versions had one object for all. */
export type EarlierSeenState = {
  readonly object: string | null
  readonly crc?: number
  readonly recent: readonly string[]
}

export const NOTHING_SEEN: SeenState = { pieces: [], next: 0, recent: [] }

/** More than these in a position would weigh on every batch, so they move to a piece: the head has 1 kB for all. */
const RECENT_MAX = 16
/** No larger piece is made, so that no batch writes much: 1.1 MiB. */
const PIECE_MAX = 2 ** 17
/** So many pieces are written between two listings of them. */
const LISTED_APART = 64
/** A piece is put together with the one before as long as that is not so many times its size. */
const GROWTH = 4

/**
 * Remembers files by marks, without looking at the clock: nine bytes each, in pieces that are written once. A batch
 * writes its own marks and, now and then, the small pieces before put together with them, so that a million marks are
 * about a dozen pieces and each mark is written some twenty times in its life.
 */
export class SeenFiles {
  #tables: ReadonlyMap<string, MarkTable> = new Map()
  #swept: Swept | null = null

  /** With `lookup`, what was seen can be asked for; else it is added to only, and nothing is loaded. */
  async open(stored: SeenState | EarlierSeenState, io: SourceIo, { lookup }: { lookup: boolean }): Promise<SeenSet> {
    const state = currentForm(stored)
    if (!lookup) return new SeenSet(state, [], io)
    const tables = new Map<string, MarkTable>()
    for (const piece of state.pieces)
      tables.set(piece.object, this.#tables.get(piece.object) ?? new MarkTable(await bytesOf(piece, io)))
    this.#tables = tables
    return new SeenSet(state, [...tables.values()], io)
  }

  /**
   * Deletes the objects that none of these states needs. Only after the batch that left them is committed. A listing
   * costs as much as a piece, so what went before is known by name; what others have left is found at times.
   */
  async sweep(stored: readonly (SeenState | EarlierSeenState)[], io: SourceIo): Promise<void> {
    const states = stored.map(currentForm)
    const kept = new Set(states.flatMap(({ pieces }) => pieces.map(({ object }) => object)))
    const key = [...kept].join('\n')
    if ((this.#swept?.key ?? '') === key) return
    const next = states.reduce((least, state) => Math.min(least, state.next), Infinity)
    const isListed = !this.#swept || next - this.#swept.listedAt >= LISTED_APART
    const found = isListed ? await io.blobs.list(`${io.prefix}seen/`) : this.#swept!.objects
    const left = new Set([...kept, ...found])
    for (const object of found) {
      // What has a higher number may be of a batch that is on its way.
      if (!kept.has(object) && numberOf(object, io) < next) {
        await io.blobs.delete(object)
        left.delete(object)
      }
    }
    this.#swept = { key, objects: [...left], listedAt: isListed ? next : this.#swept!.listedAt }
  }
}

/** What the last sweep left, and which piece was the next one when everything was listed. */
interface Swept {
  readonly key: string
  readonly objects: readonly string[]
  readonly listedAt: number
}

/** What a position remembers, and what a batch adds to it. */
export class SeenSet {
  readonly #state: SeenState
  readonly #tables: readonly MarkTable[]
  readonly #io: SourceIo
  readonly #recent: Set<string>
  readonly #added = new MarkList()

  constructor(state: SeenState, tables: readonly MarkTable[], io: SourceIo) {
    this.#state = state
    this.#tables = tables
    this.#io = io
    this.#recent = new Set(state.recent)
  }

  /** How many marks there are. */
  get count(): number {
    return this.#state.pieces.reduce((sum, { count }) => sum + count, this.#state.recent.length + this.#added.count)
  }

  has(mark: Mark): boolean {
    return this.#tables.some((table) => table.has(mark)) || this.#recent.has(textOfMark(mark))
  }

  /** Of marks that are not there yet. */
  add(mark: Mark): void {
    this.#added.add(mark)
  }

  addAll(marks: MarkList): void {
    this.#added.addAll(marks.bytes)
  }

  /** Remembers a file that was not seen. */
  take(file: ListedFile): void {
    for (const mark of marksOf(file)) this.#added.add(mark)
  }

  /** The same with these marks in place of all others. */
  replacedBy(marks: MarkList): SeenSet {
    const set = new SeenSet({ ...NOTHING_SEEN, next: this.#state.next }, [], this.#io)
    set.addAll(marks)
    return set
  }

  /** What the next position remembers. */
  async close(): Promise<SeenState> {
    const recent = [...this.#state.recent]
    if (recent.length + this.#added.count <= RECENT_MAX)
      return { ...this.#state, recent: [...recent, ...textsOf(this.#added.bytes)] }
    const marks = Buffer.concat([Buffer.from(recent.join(''), 'base64url'), this.#added.bytes])
    return this.#moved(marks)
  }

  async #moved(marks: Buffer): Promise<SeenState> {
    const old = [...this.#state.pieces]
    const fresh: Buffer[] = []
    for (let at = 0; at < marks.length; at += PIECE_MAX * MARK_BYTES)
      fresh.push(marks.subarray(at, at + PIECE_MAX * MARK_BYTES))
    for (let last = old.at(-1); last && isJoined(last.count, countOf(fresh[0])); last = old.at(-1)) {
      fresh[0] = Buffer.concat([await bytesOf(last, this.#io), fresh[0]])
      old.pop()
    }
    const pieces: Piece[] = []
    for (const bytes of fresh) pieces.push(await this.#write(bytes, this.#state.next + pieces.length))
    return { pieces: [...old, ...pieces], next: this.#state.next + pieces.length, recent: [] }
  }

  async #write(bytes: Buffer, number: number): Promise<Piece> {
    const { blobs, prefix, random } = this.#io
    const object = `${prefix}${PIECES}${String(number).padStart(12, '0')}-${random.newId()}`
    await blobs.putNew(object, bytes)
    return { object, crc: crc32(bytes), count: countOf(bytes) }
  }
}

const PIECES = 'seen/pieces/'
const countOf = (bytes: Uint8Array): number => bytes.length / MARK_BYTES
const isJoined = (before: number, count: number): boolean => before < GROWTH * count && before + count <= PIECE_MAX

/** Those of earlier versions come before all others. */
function numberOf(object: string, { prefix }: SourceIo): number {
  const name = object.slice(prefix.length)
  return name.startsWith(PIECES) ? Number(name.slice(PIECES.length, PIECES.length + 12)) : -1
}

function currentForm(state: SeenState | EarlierSeenState): SeenState {
  if ('pieces' in state) return state
  const { object, crc, recent } = state
  if (object === null) return { ...NOTHING_SEEN, recent }
  const name = object.slice(object.lastIndexOf('/') + 1)
  const piece = { object, ...(crc === undefined ? {} : { crc }), count: Number(name.slice(0, 12)) }
  return { pieces: [piece], next: 0, recent }
}

function textsOf(marks: Uint8Array): string[] {
  return Array.from({ length: countOf(marks) }, (_, i) =>
    textOfMark(marks.subarray(i * MARK_BYTES, (i + 1) * MARK_BYTES)),
  )
}

async function bytesOf({ object, crc }: Piece, io: SourceIo): Promise<Uint8Array> {
  const bytes = await io.blobs.get(object)
  if (bytes.length % MARK_BYTES !== 0) throw damaged('E_BLOB_TRUNCATED', `${object} ends within an entry.`)
  if (crc !== undefined && crc32(bytes) !== crc)
    throw damaged('E_BLOB_CORRUPT', `${object} is not what was written: its checksum differs.`)
  return bytes
}

const damaged = (code: 'E_BLOB_TRUNCATED' | 'E_BLOB_CORRUPT', message: string): SluiceError =>
  new SluiceError(code, message, { did: 'no batch was made', next: ['restore the object from a backup'] })
