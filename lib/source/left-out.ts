import { counted } from '../model/counted.ts'
import type { Log } from '../host/log.ts'

/** Why a file in the directories of a stream is not read. */
type LeftOutReason =
  /** There before the stream, or older than its first batch looks back. */
  | 'old'
  /** Appeared with a time of modification that every batch has looked back beyond. */
  | 'late'
  /** Came, with such a time, while nobody ran; or only its owner or the like has changed: nobody can tell. */
  | 'unseen'
  /** Has a time that the clock has not reached. */
  | 'future'
  /** Changed after batches look back: it is read again, whole. Nothing is left out, and something comes twice. */
  | 'again'
  /** Changed after a batch took it: what was added is not read. */
  | 'changed'
  | 'hidden'
  | 'directory'
  /** Its name is not UTF-8, or it is no file. */
  | 'name'
  | 'special'

/** Each of these is lost input, and said for each file; the others are how it is meant to be, and said once. */
const LOSSES: ReadonlySet<LeftOutReason> = new Set(['late', 'unseen', 'again', 'changed', 'name'])

const WORDS: Readonly<Record<LeftOutReason, string>> = {
  old: 'left out, modified before the stream began to look (newFilesOnly, minRememberMs)',
  late: 'left out, appeared later after modification than batches look back (minRememberMs); touch it to have it read',
  unseen:
    'left out, modified before batches look back (minRememberMs), and came (or had its owner or mode changed) while ' +
    'nobody ran; touch it to have it read, unless it was read before',
  future: 'left out for now, modified in the future as this clock has it; touch it to have it read now',
  again:
    'read again as a whole: changed after batches look back to it (minRememberMs), so that it counts as new; write ' +
    "new data to new files, or use followStream or select: 'seen'",
  changed: 'left out, changed after a batch had read it, and what was added is not read: write new data to new files',
  hidden: 'left out, hidden: the name begins with a dot',
  directory: 'left out, a directory: only files directly in the directory of the stream are read',
  name: 'left out, the name is not UTF-8: rename it',
  special: 'left out, neither a file nor a directory, or not readable',
}

/** Counts what a stream of files leaves out, each file once for each reason, and says so with the name of one. */
export class LeftOut {
  readonly #directory: string
  readonly #known = new Map<LeftOutReason, Set<string>>()
  readonly #paths = new Set<string>()

  constructor(directory: string) {
    this.#directory = directory
  }

  /**
   * `version` tells changes of one file apart, where each of them counts; `more` are as many besides, which nobody has
   * to know again.
   */
  report(
    reason: LeftOutReason,
    paths: readonly string[],
    log: Log,
    { version = same, more = 0 }: { version?: (path: string) => string; more?: number } = {},
  ): void {
    const known = this.#known.get(reason) ?? new Set()
    const fresh = paths.filter((path) => !known.has(version(path)))
    if (fresh.length === 0) return
    const warns = known.size === 0 || LOSSES.has(reason)
    for (const path of fresh) {
      known.add(version(path))
      this.#paths.add(path)
    }
    this.#known.set(reason, known)
    const count = fresh.length + more
    const files = counted(count, 'entry', 'entries')
    log.event({
      type: 'source-left-out',
      level: warns ? 'warn' : 'info',
      reason,
      directory: this.#directory,
      files: count,
      total: known.size + more,
      example: fresh[0],
      message: `${files} of ${this.#directory} ${WORDS[reason]}, such as ${fresh[0]}`,
    })
  }

  /** Whether that was said of a file. */
  saidOf(path: string, ...reasons: readonly LeftOutReason[]): boolean {
    return reasons.some((reason) => this.#known.get(reason)?.has(path))
  }

  /** Whether something was said of a file. */
  mentions(path: string): boolean {
    return this.#paths.has(path)
  }

  /** What is gone needs no memory: `there` are those mentioned that are present, each once. */
  forget(there: readonly string[]): void {
    if (there.length === this.#paths.size) return
    const present = new Set(there)
    for (const known of this.#known.values())
      for (const version of known) if (!present.has(pathOf(version))) known.delete(version)
    for (const path of this.#paths) if (!present.has(path)) this.#paths.delete(path)
  }
}

const same = (path: string): string => path
const pathOf = (version: string): string => {
  const end = version.indexOf('\0')
  return end < 0 ? version : version.slice(0, end)
}
