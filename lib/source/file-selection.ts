/**
 * A file as a listing shows it. `mtimeMs` is in whole ms since the epoch; stores with content identities give them as
 * `etag`.
 */
export interface ListedFile {
  readonly path: string
  readonly mtimeMs: number
  readonly size: number
  readonly etag?: string
}

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
export interface SelectionState {
  readonly created: number
  readonly recent: readonly TakenFiles[]
}

export interface TakenFiles {
  readonly time: number
  readonly paths: readonly string[]
}

export interface Selection {
  readonly selected: readonly ListedFile[]
  readonly next: SelectionState
}

/**
 * The files of batch `time` (Spark: `FileInputDStream`): modified after the ignore threshold, not after the batch, and
 * not taken by a recent batch. A file that becomes visible later than the look-back after its modification is never
 * taken, nor are changes to a file just taken.
 */
export function selectByTime(
  files: readonly ListedFile[],
  time: number,
  state: SelectionState,
  rule: SelectionRule,
): Selection {
  const lookBackMs = lookBack(rule)
  const ignoreUpTo = Math.max(rule.newFilesOnly ? state.created : 0, time - lookBackMs)
  const taken = new Set(state.recent.flatMap((batch) => batch.paths))
  const selected = files.filter((file) => file.mtimeMs > ignoreUpTo && file.mtimeMs <= time && !taken.has(file.path))
  const kept = state.recent.filter((batch) => batch.time >= time - lookBackMs)
  const recent = selected.length === 0 ? kept : [...kept, { time, paths: selected.map((file) => file.path) }]
  return { selected, next: { created: state.created, recent } }
}

/** Whole batches that cover `minRememberMs`. */
const lookBack = ({ intervalMs, minRememberMs }: SelectionRule): number =>
  intervalMs * Math.ceil(minRememberMs / intervalMs)

/** What is a file of the stream when the program does not say: everything but hidden files. */
export const isVisible = (path: string): boolean => !path.slice(path.lastIndexOf('/') + 1).startsWith('.')
