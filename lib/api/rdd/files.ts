import { closeSync, globSync, openSync, readdirSync, readFileSync, readSync, statSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { openBlock } from '../../codec/block.ts'
import { fileBytes, isPacked, textIn } from './file-text.ts'
import { SluiceError } from '../../model/errors.ts'
import { localPlace } from '../../codec/location.ts'
import { callerPlace } from '../../model/place.ts'
import { collectionNode } from '../../lineage/leaves.ts'
import { narrowNode } from '../../lineage/narrow.ts'
import type { RddNode } from '../../lineage/node.ts'

/**
 * Lines of local files: of a file, of the files of a folder, of a pattern, or of several of these with commas between.
 * Lines end with \n or \r\n; files of gzip and zstd are unpacked. Large files are cut into splits, and a line belongs
 * to the split in which it begins.
 */
export function textFileNode(path: string, partitionsMin: number): RddNode<string> {
  const splits = splitsOf(inputFiles(path), partitionsMin)
  return {
    kind: 'textFile',
    partitions: splits.length,
    partitioner: null,
    dependencies: [],
    compute: (split, _task, sink) => {
      for (const lines of linesOf(splits[split])) sink.chunk(lines)
    },
  }
}

/** Whole files, with their absolute paths. */
export const wholeFilesNode = <C>(
  path: string,
  partitionsMin: number,
  read: (path: string) => C,
): RddNode<[string, C]> => narrowNode(filesNode(path, partitionsMin), { kind: 'map', f: (file) => [file, read(file)] })

/** Records that `saveAsObjectFile` wrote. */
export const objectFileNode = <T>(path: string): RddNode<T> =>
  narrowNode(filesNode(path, Infinity), {
    kind: 'flatMap',
    f: (file) => openBlock(readFileSync(file), file).read(0, 1)[0] as T[],
  })

function filesNode(path: string, partitionsMin: number): RddNode<string> {
  const files = inputFiles(path)
  return collectionNode(files, Math.max(1, Math.min(files.length, partitionsMin)))
}

interface FileSplit {
  readonly path: string
  /** Bytes `[start, end)`. */
  readonly start: number
  readonly end: number
}

/** The last split of a file may be a tenth larger than the others: better than a tiny one. */
const SLACK = 1.1

function splitsOf(files: readonly string[], partitionsMin: number): FileSplit[] {
  const sizes = files.map((path) => statSync(path).size)
  const total = sizes.reduce((sum, size) => sum + size, 0)
  const goal = Math.max(1, Math.floor(total / Math.max(1, partitionsMin)))
  return files.flatMap((path, i) => (isPacked(path) ? [{ path, start: 0, end: sizes[i] }] : cut(path, sizes[i], goal)))
}

function cut(path: string, size: number, goal: number): FileSplit[] {
  const splits: FileSplit[] = []
  let start = 0
  for (; (size - start) / goal > SLACK; start += goal) splits.push({ path, start, end: start + goal })
  return [...splits, { path, start, end: size }]
}

/**
 * Files below `path` in order of name. Hidden ones (`.x`, `_SUCCESS`) are left out. Throws `E_INPUT_PATH` where there
 * is nothing.
 */
function inputFiles(path: string): string[] {
  return listed(path).flatMap((part) => {
    const local = localPlace(part, 'ssc.textFileStream reads S3; or copy the files to this machine first')
    const found = /[*?[{]/.test(local) ? globSync(local).sort() : [local]
    const files = found.flatMap(filesAt)
    if (files.length > 0 || found.some((one) => statSync(one, { throwIfNoEntry: false })?.isDirectory())) return files
    throw new SluiceError('E_INPUT_PATH', `Input path does not exist: ${local}`, {
      where: { place: callerPlace() },
      did: 'nothing was read',
      spark: 'InvalidInputException',
      next: ['check the path; files are read from the machine that runs this process'],
    })
  })
}

/** The paths of a list with commas; what is no text is for the resolver of places to refuse. */
const listed = (path: string): readonly string[] =>
  typeof path === 'string' ? path.split(',').map((part) => part.trim()) : [path]

function filesAt(path: string): string[] {
  const stat = statSync(path, { throwIfNoEntry: false })
  if (!stat) return []
  if (stat.isFile()) return isHidden(path) ? [] : [resolve(path)]
  const entries = readdirSync(path, { withFileTypes: true }).filter((entry) => entry.isFile() && !isHidden(entry.name))
  return entries.map((entry) => resolve(join(path, entry.name))).sort()
}

const isHidden = (path: string): boolean => /^[._]/.test(basename(path))

const CHUNK_BYTES = 1 << 20

function* linesOf({ path, start, end }: FileSplit): Generator<string[]> {
  if (isPacked(path)) return yield* linesOfBytes(fileBytes(path), path)
  const file = openSync(path, 'r')
  try {
    const { size } = statSync(path)
    let at = start === 0 ? 0 : lineAfter(file, start - 1, size)
    const stop = end >= size ? size : lineAfter(file, end - 1, size)
    let rest: Buffer = Buffer.alloc(0)
    while (at < stop) {
      const chunk = bytesAt(file, at, Math.min(CHUNK_BYTES, stop - at))
      const isFirst = at - rest.length === 0
      at += chunk.length
      const bytes = Buffer.concat([rest, chunk])
      const whole = at < stop ? bytes.lastIndexOf(NEWLINE) + 1 : bytes.length
      rest = bytes.subarray(whole)
      if (whole > 0) yield linesIn(bytes.subarray(0, whole), isFirst, path, at - bytes.length)
    }
  } finally {
    closeSync(file)
  }
}

const NEWLINE = 10

/** Where the line after the first line end at or behind `at` begins. */
function lineAfter(file: number, at: number, size: number): number {
  while (at < size) {
    const chunk = bytesAt(file, at, Math.min(CHUNK_BYTES, size - at))
    const found = chunk.indexOf(NEWLINE)
    if (found >= 0) return at + found + 1
    at += chunk.length
  }
  return size
}

function bytesAt(file: number, at: number, count: number): Buffer {
  const bytes = Buffer.allocUnsafe(count)
  const length = readSync(file, bytes, 0, count, at)
  if (length > 0) return bytes.subarray(0, length)
  throw new SluiceError('E_INPUT_PATH', 'A file became shorter while it was read.', {
    did: 'the job was stopped',
    retry: true,
    next: ['write new files under new names'],
  })
}

function* linesOfBytes(bytes: Buffer, path: string): Generator<string[]> {
  for (let from = 0; from < bytes.length;) {
    const at = bytes.indexOf(NEWLINE, from + CHUNK_BYTES)
    const to = at < 0 ? bytes.length : at + 1
    yield linesIn(bytes.subarray(from, to), from === 0, path, from)
    from = to
  }
}

function linesIn(bytes: Buffer, isFileStart: boolean, path: string, offset: number): string[] {
  const text = textIn(bytes, path, offset)
  const lines = (isFileStart && text.startsWith('\ufeff') ? text.slice(1) : text).split(/\r?\n/)
  if (lines.at(-1) === '') lines.pop()
  return lines
}
