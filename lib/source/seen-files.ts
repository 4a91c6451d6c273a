import { hash } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { SluiceError } from '../model/errors.ts'
import type { ListedFile } from './file-selection.ts'
import type { SourceIo } from './source.ts'

/** Which files were ever taken: an object with the fingerprints up to some batch, and those of the batches since. */
export type SeenState = {
  readonly object: string | null
  /** CRC-32 of the object; version 0.1.0 noted none. */
  readonly crc?: number
  readonly recent: readonly string[]
}

/** More than these in a position would weigh on every batch, so they move to an object. */
const RECENT_MAX = 256
const FINGERPRINT_CHARS = 12

/**
 * Remembers files by name and content identity, without looking at the clock: for object stores, where files become
 * visible late and times are those of a copy. Where contents have identities, a replaced file is a new one; where they
 * have none, a changed file is most likely one that was appended to, and to read it again would double what it held.
 * 9 bytes per file are kept for ever, 18 where contents have no identities.
 */
export class SeenFiles {
  #loaded: { readonly object: string | null; readonly known: Set<string> } = { object: null, known: new Set() }
  #swept: string | null = null

  /** The files that no batch took, oldest first, at most `max` of them; and those that changed after one took them. */
  async select(
    files: readonly ListedFile[],
    state: SeenState,
    max: number,
    io: SourceIo,
  ): Promise<{ selected: ListedFile[]; changed: ListedFile[]; next: SeenState }> {
    const known = await this.#known(state, io)
    const recent = new Set(state.recent)
    const isKnown = (mark: string): boolean => known.has(mark) || recent.has(mark)
    const other = files
      .map((file) => ({ file, marks: marksOf(file) }))
      .filter(({ marks }) => !marks.every(isKnown))
      .sort((a, b) => a.file.mtimeMs - b.file.mtimeMs || (a.file.path < b.file.path ? -1 : 1))
    const changed = other.filter(({ marks: [, name] }) => name !== undefined && isKnown(name))
    // Taken by a version that did not remember names.
    const nameless = other.filter(({ marks: [content, name] }) => isKnown(content) && !(name && isKnown(name)))
    const fresh = other.filter(({ marks }) => !marks.some(isKnown)).slice(0, max)
    const marks = [...state.recent, ...[...nameless, ...fresh].flatMap((each) => each.marks).filter((m) => !isKnown(m))]
    const next = marks.length > RECENT_MAX ? await this.#move(known, marks, io) : { ...state, recent: marks }
    return { selected: fresh.map(({ file }) => file), changed: changed.map(({ file }) => file), next }
  }

  /** Deletes the objects that `state` does not need. Only after the batch that left `state` is committed. */
  async sweep(state: SeenState, io: SourceIo): Promise<void> {
    if (this.#swept === state.object) return
    for (const object of await io.blobs.list(`${io.prefix}seen/`))
      if (object < (state.object ?? '')) await io.blobs.delete(object)
    this.#swept = state.object
  }

  async #known({ object, crc }: SeenState, io: SourceIo): Promise<Set<string>> {
    if (this.#loaded.object !== object) {
      const bytes = object === null ? Buffer.alloc(0) : Buffer.from(await io.blobs.get(object))
      if (bytes.length % FINGERPRINT_BYTES !== 0) throw damaged('E_BLOB_TRUNCATED', `${object} ends within an entry.`)
      if (crc !== undefined && crc32(bytes) !== crc)
        throw damaged('E_BLOB_CORRUPT', `${object} is not what was written: its checksum differs.`)
      const text = bytes.toString('base64url')
      const known = new Set<string>()
      for (let at = 0; at < text.length; at += FINGERPRINT_CHARS) known.add(text.slice(at, at + FINGERPRINT_CHARS))
      this.#loaded = { object, known }
    }
    return this.#loaded.known
  }

  /** Names sort by the number of files they hold, so a sweep can tell the older ones. */
  async #move(known: Set<string>, marks: readonly string[], io: SourceIo): Promise<SeenState> {
    const all = [...known, ...marks]
    const object = `${io.prefix}seen/${String(all.length).padStart(12, '0')}-${io.random.newId()}`
    const bytes = Buffer.from(all.join(''), 'base64url')
    await io.blobs.putNew(object, bytes)
    return { object, crc: crc32(bytes), recent: [] }
  }
}

const damaged = (code: 'E_BLOB_TRUNCATED' | 'E_BLOB_CORRUPT', message: string): SluiceError =>
  new SluiceError(code, message, { did: 'no batch was made', next: ['restore the object from a backup'] })

const FINGERPRINT_BYTES = (FINGERPRINT_CHARS * 6) / 8

/** What a file is known by: its content as it is, and where contents have no identities its name as well. */
function marksOf({ path, mtimeMs, size, etag }: ListedFile): string[] {
  const content = fingerprint(`${path}\0${etag ?? mtimeMs}\0${size}`)
  return etag === undefined ? [content, fingerprint(path)] : [content]
}

/** 72 bits: among a million files, two that look alike are less likely than one in 10^9. */
const fingerprint = (text: string): string => hash('sha256', text, 'base64url').slice(0, FINGERPRINT_CHARS)
