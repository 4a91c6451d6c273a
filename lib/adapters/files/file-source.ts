import { readFileSync, statSync } from 'node:fs'
import { SluiceError, wordsOf } from '../../model/errors.ts'
import { localPlace } from '../../codec/location.ts'
import { callerPlace } from '../../model/place.ts'
import { type FileChoice, FileCutter, type FilePosition } from '../../source/file-cut.ts'
import type { ListedFile } from '../../source/file-selection.ts'
import { type FileSplit, splitFile, wholeFile } from '../../source/file-splits.ts'
import { underPolicy } from '../../source/decode-policy.ts'
import type { BinaryOptions, FileOptions, TextFileOptions } from '../../source/source-factories.ts'
import type { Source, SourceIo } from '../../source/source.ts'
import { linesOf } from './file-lines.ts'
import { localFiles } from './local-files.ts'
import { OpenFile } from './open-file.ts'
import { isNamedPacked } from './packed-file.ts'

const SPLIT_BYTES = 32 * 2 ** 20

/**
 * The lines of files that appear in directories (Spark: `textFileStream`). A file is one partition; a large one is
 * several.
 */
export const textFiles = (directory: string, options: TextFileOptions = {}): Source<string> => {
  const splitBytes = options.splitBytes ?? SPLIT_BYTES
  const source = fileSource(
    directory,
    options,
    (file) =>
      options.onDecodeError === 'skip-file' || isNamedPacked(file.path)
        ? [wholeFile(file)]
        : splitFile(file, splitBytes),
    (split, io) => linesOf(split, options, io),
  )
  return { ...source, lines: true }
}

/**
 * Records of `recordLength` bytes each. Reading throws `E_RECORD_LENGTH` for a file that does not hold a whole number
 * of them.
 */
export const binaryRecords = (
  directory: string,
  recordLength: number,
  options: BinaryOptions = {},
): Source<Uint8Array> => {
  if (!Number.isInteger(recordLength) || recordLength < 1) {
    throw new SluiceError(
      'E_RECORD_LENGTH',
      `The record length is ${recordLength}; it must be a whole number of bytes, at least 1.`,
      { did: 'nothing was started', next: ['pass the length of one record in bytes'] },
    )
  }
  return fileSource(
    directory,
    options,
    (file) => splitFile(file, SPLIT_BYTES, recordLength),
    (split, io) =>
      underPolicy({
        policy: options.onDecodeError ?? 'fail',
        path: split.path,
        isPacked: true,
        report: (found) => split.start === 0 && io.undecoded?.(found),
        read: () => recordsOf(split, recordLength),
      }),
  )
}

/** Files in a form of the program's own: `read` gets each file whole. */
export const files = <T>(directory: string, options: FileOptions<T>): Source<T> =>
  fileSource(
    directory,
    options,
    (file) => [wholeFile(file)],
    (split, io) =>
      underPolicy({
        policy: options.onDecodeError ?? 'fail',
        path: split.path,
        isPacked: true,
        report: (found) => io.undecoded?.(found),
        read: () => [readWith(options, split, wholeBytes(split, io))],
      }),
  )

const fileSource = <T>(
  directory: string,
  choice: FileChoice,
  split: (file: ListedFile) => FileSplit[],
  read: (split: FileSplit, io: SourceIo) => Iterable<readonly T[]> | AsyncIterable<readonly T[]>,
): Source<T> => {
  refuseFile(localPlace(directory, 'read its lines with textFileStream, or write a Source'))
  const cutter = new FileCutter(directory, localFiles(), choice, split)
  const source: Source<T, FilePosition, FileSplit> = {
    name: 'File stream',
    identity: directory,
    address: directory,
    reads: { directories: directory, filtered: choice.filter !== undefined },
    cut: (request) => cutter.cut(request),
    read,
    committed: (position, io) => cutter.committed(position, io),
  }
  return source
}

/** What the function of the program makes of a file. What it throws is about the file, not about a record. */
function readWith<T>({ read, onDecodeError = 'fail' }: FileOptions<T>, { path }: FileSplit, bytes: Uint8Array): T[] {
  try {
    return [...read(path, bytes)]
  } catch (error) {
    if (onDecodeError === 'fail') throw error
    throw new SluiceError('E_FILE_FORMAT', `${path} cannot be read: ${wordsOf(error)}`, {
      where: { detail: path },
      did: 'none of its records were used',
      cause: error,
    })
  }
}

/** A file where a directory belongs would be looked into for ever, and found empty. */
function refuseFile(path: string): void {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) return
  throw new SluiceError('E_PLACE', `${path} is a file, not a directory.`, {
    where: { place: callerPlace() },
    did: 'nothing was started',
    next: ['name the directory that files appear in', 'sc.textFile(path) reads one file once'],
  })
}

function* recordsOf(split: FileSplit, length: number): Generator<Uint8Array[]> {
  if (split.size % length !== 0) throw wrongLength(split, length)
  const file = new OpenFile(split)
  try {
    const piece = Buffer.allocUnsafe(Math.max(length, Math.floor(2 ** 20 / length) * length))
    for (let at = split.start; at < split.end;) {
      const size = Math.min(piece.length, split.end - at)
      for (let had = 0; had < size;) had += file.read(piece.subarray(had), at + had, size - had)
      yield Array.from(
        { length: size / length },
        (_, i) => new Uint8Array(piece.subarray(i * length, (i + 1) * length)),
      )
      at += size
    }
  } finally {
    file.close()
  }
}

const wrongLength = ({ path, size }: FileSplit, length: number): SluiceError =>
  new SluiceError(
    'E_RECORD_LENGTH',
    `${path} has ${size} bytes, which is not a multiple of the record length ${length}.`,
    {
      where: { offset: size - (size % length), detail: path },
      did: 'none of its records were read',
      next: ['check the record length', 'move files in only when they are complete'],
      spark: 'IllegalArgumentException',
    },
  )

/** What the file held when it was listed, if it has grown since. */
function wholeBytes(split: FileSplit, io: SourceIo): Uint8Array {
  new OpenFile(split, io).close()
  const bytes = readFileSync(split.path)
  if (bytes.length >= split.size) return bytes.subarray(0, split.size)
  throw new SluiceError('E_FILE_CHANGED', `${split.path} became shorter after the batch was made.`, {
    where: { detail: split.path },
    did: 'the batch was not completed',
    next: ['write new data to new files'],
  })
}
