import type { Json } from '../model/json.ts'
import type { SourceProgress } from '../model/source-progress.ts'
import type { FilePosition } from './file-cut.ts'

/** Files that are there, are new, and are left for later batches. */
export type FilesLeft =
  | { readonly kind: 'none' }
  /** `newestMs`: when the newest of them was modified. */
  | { readonly kind: 'some'; readonly newestMs: number }
  /** There are more than a batch takes, and it did not look at all of them. */
  | { readonly kind: 'unknown' }

/**
 * How far a source of files that are taken once has come: by the time of modification of the newest one that was taken.
 * How many records are in files that nobody has read, nobody knows.
 */
export function fileProgress(position: FilePosition, newest: Json | undefined): SourceProgress | null {
  if (!('seen' in position) || newest === undefined) return null
  const left = newest as FilesLeft
  const { newestMs: readMs = null } = position
  const committed = shown(readMs)
  switch (left.kind) {
    case 'none':
      return { committed, newest: committed, lagRecords: 0, lagMs: 0 }
    case 'some':
      return {
        committed,
        newest: shown(Math.max(left.newestMs, readMs ?? 0)),
        lagRecords: null,
        lagMs: readMs === null ? null : Math.max(0, left.newestMs - readMs),
      }
    case 'unknown':
      return { committed, newest: null, lagRecords: null, lagMs: null }
  }
}

const shown = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())
