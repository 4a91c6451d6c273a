import type { ListedFile } from './file-selection.ts'

/** Bytes `[start, end)` of a file that had `size` bytes when it was listed. For lines: those that begin in this range. */
export interface FileSplit {
  readonly path: string
  readonly start: number
  readonly end: number
  readonly size: number
  readonly etag?: string
}

/** Splits of at most `splitBytes`, as even as possible. An empty file is one empty split, as a small file is one split. */
export function splitsOf(file: ListedFile, splitBytes: number): FileSplit[] {
  const { path, size, etag } = file
  const count = Math.max(1, Math.ceil(size / splitBytes))
  const bound = (i: number): number => Math.floor((i * size) / count)
  return Array.from({ length: count }, (_, i) => ({ path, start: bound(i), end: bound(i + 1), size, ...(etag === undefined ? {} : { etag }) }))
}
