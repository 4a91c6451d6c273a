import type { BigIntStats } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { localPlace } from '../../codec/location.ts'
import { SluiceError } from '../../model/errors.ts'
import type { Cut } from '../../model/manifest.ts'
import { systemCode } from '../../model/system-code.ts'
import { underPolicy } from '../../source/decode-policy.ts'
import type { FollowOptions } from '../../source/source-factories.ts'
import type { CutRequest, Source } from '../../source/source.ts'
import { bound, checkOptions, oneOf, type RulesOf } from '../../model/options.ts'
import { LINE_OPTIONS } from '../../source/source-options.ts'
import { plainLines } from './file-lines.ts'
import { type Followed, lineEnd, lastLineEnd, lineEndAfter, markBefore, isThere } from './followed-lines.ts'
import { OpenFile } from './open-file.ts'

/*
 * A file that others append to, and that is put aside from time to time. What was read is known by the file itself
 * (device and inode) and a place in it, not by its name:
 *
 * - The name leads to another file: the old one was rotated away. It is read on under its new name, and so are those
 *   that came and went in between; then the new one from its beginning.
 * - The file is shorter than what was read, or what stands in front of the place is not what stood there: it was
 *   truncated. It is read from its beginning; what was appended between the last batch and then is lost, and said.
 * - The file is gone: so is what it held behind the place, and that is said.
 */

/** A followed file as it stands now. */
interface Standing {
  readonly file: Followed
  readonly size: number
}

/** Oldest first; the last one is, or was, under the name that is followed. */
type Position = {
  readonly files: readonly Followed[]
  /** Whether the name has been looked at: a file that appears later is read from its beginning. */
  readonly begun: true
}

/** Bytes of a file, both ends at the end of a line. */
type Range = {
  readonly id: string
  readonly path: string
  readonly start: number
  readonly end: number
}

/** A regular file as it is now. */
interface Found {
  readonly id: string
  readonly path: string
  readonly size: number
  /** When it was created, in ns since the epoch: the order in which files had the name. */
  readonly born: bigint
}

const FOLLOW_OPTIONS: RulesOf<FollowOptions> = {
  ...LINE_OPTIONS,
  from: oneOf('start', 'end'),
  maxBytesPerBatch: bound,
  onDecodeError: oneOf('fail', 'replace', 'dead-letter'),
}

/** The lines of one growing file, each once, wherever it is moved to. Throws `E_PLACE` and `E_ARGUMENT`. */
export function followedFile(path: string, options: FollowOptions = {}): Source<string> {
  checkOptions(`the followed file ${path}`, options, FOLLOW_OPTIONS)
  const local = localPlace(path, 'a file that grows is followed on the disk of this machine')
  const follower = new Follower(local, options)
  const source: Source<string, Position, Range> = {
    name: 'Followed file',
    identity: path,
    address: path,
    lines: true,
    cut: (request) => follower.cut(request),
    async *read(range, io) {
      const at = await whereIs(range, local)
      const whole = { path: at, start: range.start, end: range.end, size: range.end }
      yield* underPolicy({
        policy: options.onDecodeError ?? 'fail',
        path: at,
        isPacked: false,
        report: (found) => io.undecoded?.(found),
        read: (more) => plainLines(new OpenFile(whole), whole, { ...options, ...more }),
      })
    },
  }
  return source
}

const BYTES_PER_BATCH = 64 * 2 ** 20

/** So long a file that was rotated away may take until somebody writes its last line. */
const QUIET_MS = 10_000

class Follower {
  readonly #path: string
  readonly #options: FollowOptions
  /** What was said of a file: a cut may be repeated. */
  readonly #said = new Set<string>()

  constructor(path: string, options: FollowOptions) {
    this.#path = path
    this.#options = options
  }

  async cut(request: CutRequest<Position>): Promise<Cut<Position, Range>> {
    const before = request.position
    const current = await regularFile(this.#path)
    if (!current && !before?.files.length)
      this.#say(request, 'missing', this.#path, 'is not there yet; it is followed once it is')
    const files = before ? await this.#followed(before.files, current, request) : current ? [this.#first(current)] : []
    const taken = this.#take(files, request)
    const ranges = taken.flatMap(({ range }) => (range ? [range] : []))
    const position: Position = { files: taken.flatMap(({ next }) => (next ? [next] : [])), begun: true }
    return {
      position,
      splits: ranges,
      records: null,
      description: ranges.map(({ path, start, end }) => `${path}: bytes ${start} to ${end}`).join('\n'),
    }
  }

  #first(file: Found): Standing {
    const offset = this.#options.from === 'end' ? lastLineEnd(file, 0, file.size) : 0
    const { id, path, size } = file
    return { file: { id, path, offset, mark: markBefore(file, offset) }, size }
  }

  /** The files that are followed now, oldest first, each where it was left or from its beginning. */
  async #followed(
    before: readonly Followed[],
    current: Found | null,
    request: CutRequest<Position>,
  ): Promise<Standing[]> {
    const isMoved = current?.id !== before.at(-1)?.id
    const near = isMoved || before.length > 1 ? await filesBeside(this.#path) : current ? [current] : []
    const found = new Map(near.map((file) => [file.id, file]))
    const kept = before.flatMap((file) => this.#still(file, found.get(file.id), current, request))
    if (!isMoved || !current) return kept
    const known = new Set(before.map(({ id }) => id))
    const last = found.get(before.at(-1)?.id ?? '')
    const between = last ? this.#between(near, last.born, known, current) : []
    return [...kept, ...[...between, current].filter(({ id }) => !known.has(id)).map(fromStart)]
  }

  /** Where a file that was followed is, and from where it goes on. */
  #still(file: Followed, now: Found | undefined, current: Found | null, request: CutRequest<Position>): Standing[] {
    if (!now) {
      this.#say(
        request,
        'gone',
        file.path,
        `is gone; what was appended behind byte ${file.offset} is not read`,
        file.id,
      )
      return []
    }
    const moved = { ...file, path: now.path }
    if (now.size >= file.offset && isThere(moved)) return [{ file: moved, size: now.size }]
    const words = `was truncated; what was appended behind byte ${file.offset} before that is not read`
    this.#say(request, 'truncated', now.path, words, `${file.id}@${file.offset}`)
    return now.id === current?.id ? [fromStart(now)] : []
  }

  /** Files that were under the name after the last one that is known, and were rotated away as well. */
  #between(near: readonly Found[], since: bigint, known: ReadonlySet<string>, current: Found): Found[] {
    const base = basename(this.#path)
    return near
      .filter(({ id, path, born }) => {
        const name = basename(path)
        const isRotated = name.startsWith(`${base}.`) || name.startsWith(`${base}-`)
        return isRotated && !PACKED.test(name) && !known.has(id) && id !== current.id && born >= since
      })
      .toSorted((a, b) => Number(a.born - b.born))
  }

  /** What this batch reads of each file, and what is left of it for the next one. */
  #take(
    files: readonly Standing[],
    { time, limit }: CutRequest<Position>,
  ): { range: Range | null; next: Followed | null }[] {
    let bytes = this.#options.maxBytesPerBatch ?? BYTES_PER_BATCH
    let lines = limit ?? Infinity
    return files.map(({ file, size }, i) => {
      const isRotated = i < files.length - 1
      const isQuiet = isRotated && file.quietSince !== undefined && time - file.quietSince >= QUIET_MS
      const most = Math.min(size, file.offset + bytes)
      const whole = lines === Infinity ? lineEnd(file, most, size) : lineEndAfter(file, most, lines)
      // Nobody ends the last line of a file that was rotated away long ago.
      const end = isQuiet && whole.end === file.offset && bytes > 0 && lines > 0 ? size : whole.end
      // What is behind in an older file comes first, with the next batch.
      bytes = most < size ? 0 : Math.max(0, bytes - (end - file.offset))
      lines -= whole.lines
      const { id, path, offset } = file
      if (end > offset) {
        const { quietSince: _over, ...moving } = file
        return {
          range: { id, path, start: offset, end },
          next: { ...moving, offset: end, mark: markBefore(file, end) },
        }
      }
      const isOver = isQuiet && size === offset
      return { range: null, next: isOver ? null : isRotated ? { quietSince: time, ...file } : file }
    })
  }

  #say({ io }: CutRequest<Position>, reason: string, path: string, words: string, which = path): void {
    const known = this.#said.size
    if (known === this.#said.add(`${reason} ${which}`).size) return
    io.log.event({
      type: 'source-left-out',
      level: 'warn',
      reason,
      directory: dirname(path),
      files: 1,
      total: 1,
      example: path,
      message: `${path} ${words}`,
    })
  }
}

const PACKED = /\.(?:gz|bz2|xz|zst|zip)$/

const fromStart = ({ id, path, size }: Found): Standing => ({
  file: { id, path, offset: 0, mark: { bytes: 0, crc: 0 } },
  size,
})

// — where files are

/** The path of the file of a range, which may have been rotated away since. Throws `E_FILE_GONE`. */
async function whereIs({ id, path, end }: Range, followed: string): Promise<string> {
  const same = await regularFile(path)
  if (same?.id === id) return path
  const found = (await filesBeside(followed)).find((file) => file.id === id)
  if (found) return found.path
  throw new SluiceError('E_FILE_GONE', `${path} was there when the batch was made and is gone.`, {
    where: { detail: path, offset: end },
    did: 'the batch was not completed and is tried again',
    next: ['put the file back, or under another name beside it', 'keep rotated files until their batch is committed'],
    retry: true,
  })
}

async function regularFile(path: string): Promise<Found | null> {
  const found = await stat(path, { bigint: true }).catch(nothingIfGone)
  return found?.isFile() ? asFound(path, found) : null
}

const asFound = (path: string, { dev, ino, size, birthtimeNs: born }: BigIntStats): Found => ({
  id: `${dev}:${ino}`,
  path,
  size: Number(size),
  born,
})

/** The files beside the one that is followed, and beside the one that its name is a link to. */
async function filesBeside(path: string): Promise<Found[]> {
  const real = await realpath(path).catch(nothingIfGone)
  const directories = new Set([dirname(path), ...(real === null ? [] : [dirname(real)])])
  const all: Found[] = []
  for (const directory of directories)
    for (const name of (await readdir(directory).catch(nothingIfGone)) ?? []) {
      const file = await regularFile(join(directory, name))
      if (file && !all.some(({ id }) => id === file.id)) all.push(file)
    }
  return all
}

function nothingIfGone(error: unknown): null {
  if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) return null
  throw error
}
