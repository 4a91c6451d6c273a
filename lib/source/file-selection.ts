/**
 * A file as a listing shows it. Times are in whole ms since the epoch; stores with content identities give them as
 * `etag`.
 */
export interface ListedFile {
  readonly path: string
  readonly mtimeMs: number
  readonly size: number
  readonly etag?: string
  /** When it came to be there as it is, if that is known besides: a file that is moved keeps its `mtimeMs`. */
  readonly cameMs?: number
}

/** Which files count, and since when. @testing Tests make one up. */
export interface SelectionRule {
  readonly intervalMs: number
  /** How far back a batch looks, at least: `spark.streaming.fileStream.minRememberDuration`. */
  readonly minRememberMs: number
  /**
   * Whether files from before the stream was created stay out. Without it, too, a batch looks back no further than it
   * remembers.
   */
  readonly newFilesOnly: boolean
}

/** What the next batch must know: when the stream was created, and which files recent batches took. */
export type SelectionState = {
  readonly created: number
  /** Time of the last batch; positions of earlier versions have none. */
  readonly last?: number
  /** What the clock showed then, if that was before the batch time: the clock had been ahead, or was set back. */
  readonly clock?: number
  readonly recent: readonly TakenFiles[]
}

type TakenFiles = {
  readonly time: number
  readonly paths: readonly string[]
}

/** When a batch takes place: its time, and what the clock of the machine shows. */
interface SelectionTime {
  readonly time: number
  readonly now: number
}

interface Selection {
  readonly selected: readonly ListedFile[]
  /** Older than the batch looks back, and not taken by a batch that is remembered. */
  readonly tooOld: readonly ListedFile[]
  /** Taken by a batch that is remembered. */
  readonly taken: readonly ListedFile[]
  readonly next: SelectionState
  /** Whether the batch takes a file that nobody has taken. */
  readonly isNew: (file: ListedFile) => boolean
}

/**
 * The files of a batch (Spark: `FileInputDStream`): modified after the ignore threshold, not after the batch, and not
 * taken by a recent batch. A batch looks back as far as the batches would have that were due since the last one:
 * whether those failed, were skipped after a downtime or never ran, their files are taken now.
 *
 * A batch time that is ahead of the clock says nothing about the age of files. What the clock itself calls new is then
 * taken as well.
 */
export function selectByTime(
  files: readonly ListedFile[],
  { time, now }: SelectionTime,
  state: SelectionState,
  rule: SelectionRule,
): Selection {
  const lookBackMs = lookBack(rule)
  const created = rule.newFilesOnly ? state.created : 0
  const since = Math.max(created, Math.min(time, (state.last ?? time) + rule.intervalMs) - lookBackMs)
  const clockSince = Math.max(
    created > now ? 0 : created,
    Math.min(now, (state.clock ?? now) + rule.intervalMs) - lookBackMs,
  )
  const isNew = ({ mtimeMs }: ListedFile): boolean =>
    (mtimeMs > since && mtimeMs <= time) || (now < time && mtimeMs > clockSince && mtimeMs <= now)
  const taken = new Set(state.recent.flatMap((batch) => batch.paths))
  const selected = files.filter((file) => isNew(file) && !taken.has(file.path))
  const kept = state.recent.filter((batch) => batch.time >= Math.min(time, now) - lookBackMs)
  return {
    selected,
    isNew,
    tooOld: files.filter((file) => file.mtimeMs <= time && !isNew(file) && !taken.has(file.path)),
    taken: files.filter((file) => taken.has(file.path)),
    next: {
      created: state.created,
      last: time,
      ...(now < time ? { clock: now } : {}),
      recent: selected.length === 0 ? kept : [...kept, { time, paths: selected.map((file) => file.path) }],
    },
  }
}

/** Whole batches that cover `minRememberMs`. */
const lookBack = ({ intervalMs, minRememberMs }: SelectionRule): number =>
  intervalMs * Math.ceil(minRememberMs / intervalMs)

/** What is a file of the stream when the program does not say: everything but hidden files. */
export const isVisible = (path: string): boolean => path[path.lastIndexOf('/') + 1] !== '.'
