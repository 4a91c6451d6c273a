import type { ListedFile } from './file-selection.ts'

/**
 * Bytes `[start, end)` of a file that had `size` bytes when it was listed. For lines: those that begin in this range.
 */
export type FileSplit = {
  readonly path: string
  readonly start: number
  readonly end: number
  readonly size: number
  readonly etag?: string
}

/**
 * Splits of at most `splitBytes`, whose bounds are multiples of `unit`. An empty file is one empty split, as a small
 * file is one split.
 */
export function splitFile(file: ListedFile, splitBytes: number, unit = 1): FileSplit[] {
  const units = Math.ceil(file.size / unit)
  const count = Math.max(1, Math.ceil(units / Math.max(1, Math.floor(splitBytes / unit))))
  const bound = (i: number): number => Math.min(file.size, Math.floor((i * units) / count) * unit)
  return Array.from({ length: count }, (_, i) => ({ ...wholeFile(file), start: bound(i), end: bound(i + 1) }))
}

export const wholeFile = ({ path, size, etag }: ListedFile): FileSplit => ({
  path,
  start: 0,
  end: size,
  size,
  ...(etag === undefined ? {} : { etag }),
})
