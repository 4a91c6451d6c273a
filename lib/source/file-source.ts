import { hasCode, SluiceError, wordsOf } from '../model/errors.ts'
import { underPolicy } from './decode-policy.ts'
import type { FileCutter, FileLister, FilePosition } from './file-cut.ts'
import { fileProgress } from './file-progress.ts'
import type { AwsRight } from '../model/aws-right.ts'
import type { ListedFile } from './file-selection.ts'
import { type FileSplit, splitFile, wholeFile } from './file-splits.ts'
import { checkFileLength, checkRecordLength, FixedRecords } from './fixed-records.ts'
import { isNamedPacked } from '../codec/packing.ts'
import { loadedLater } from '../model/loaded-later.ts'
import { checkOptions, type Rules } from '../model/options.ts'
import { callerPlace } from '../model/place.ts'
import type { BinaryOptions, FileOptions, TextFileOptions } from './source-factories.ts'
import type { Source, SourceIo } from './source.ts'
import { BINARY_OPTIONS, FILE_OPTIONS, TEXT_FILE_OPTIONS } from './source-options.ts'
import { undecoded } from './undecoded.ts'
import type { StoreChoice } from './unseen-files.ts'

type Chunks<T> = Iterable<readonly T[]> | AsyncIterable<readonly T[]>

/** Where files are kept, and how their bytes are had: this machine, or a store of objects. */
export interface FileStore {
  /** What a source of its files is, in words. */
  readonly name: string
  /** Asked for once by each source. */
  lister(): FileLister | Promise<FileLister>
  /** What there is to choose besides, of its files. */
  readonly options?: Rules
  /** What reading must be allowed on AWS, besides the objects. */
  readonly awsRights?: readonly AwsRight[]
  /** Loads what it needs. */
  ready?(): Promise<unknown>
  /** The lines that begin in a split; of a packed file, all of them belong to its first split. */
  lines(split: FileSplit, options: TextFileOptions, io: SourceIo): Chunks<string>
  /** The bytes of a split, as they come. */
  pieces(split: FileSplit, io: SourceIo): Iterable<Uint8Array> | AsyncIterable<Uint8Array>
}

const SPLIT_BYTES = 32 * 2 ** 20

/** The lines of files (Spark: `textFileStream`). A file is one partition; a large one is several. */
export function textFilesOf(store: FileStore, directory: string, options: TextFileOptions): Source<string> {
  checkOptions(`the text files of ${directory}`, options, { ...TEXT_FILE_OPTIONS, ...store.options })
  const { splitBytes = SPLIT_BYTES, onDecodeError } = options
  const source = fileSource(
    store,
    {
      directory,
      choice: options,
      split: (file) =>
        onDecodeError === 'skip-file' || isNamedPacked(file.path) ? [wholeFile(file)] : splitFile(file, splitBytes),
    },
    (split, io) => store.lines(split, options, io),
  )
  return { ...source, lines: true }
}

/**
 * Records of `length` bytes each. Throws `E_RECORD_LENGTH` for a length that is none; reading does for a file that does
 * not hold a whole number of them.
 */
export function binaryRecordsOf(
  store: FileStore,
  directory: string,
  length: number,
  options: BinaryOptions,
): Source<Uint8Array> {
  checkRecordLength(length)
  checkOptions(`the files of ${directory}`, options, { ...BINARY_OPTIONS, ...store.options })
  return fileSource(
    store,
    { directory, choice: options, split: (file) => splitFile(file, SPLIT_BYTES, length) },
    (split, io) =>
      underPolicy({
        policy: options.onDecodeError ?? 'fail',
        path: split.path,
        isPacked: true,
        report: (found) => split.start === 0 && io.undecoded?.(found),
        read: () => {
          checkFileLength(split, length)
          return recordsIn(store.pieces(split, io), length)
        },
      }),
  )
}

/** Files in a form of the program's own: `read` gets each file whole. */
export function filesOf<T>(store: FileStore, directory: string, options: FileOptions<T>): Source<T> {
  const needed = { must: ['read'], example: '{ read: (path, bytes) => … }' }
  checkOptions(`the files of ${directory}`, options, { ...FILE_OPTIONS, ...store.options }, needed)
  return fileSource(store, { directory, choice: options, split: (file) => [wholeFile(file)] }, (split, io) =>
    underPolicy({
      policy: options.onDecodeError ?? 'fail',
      path: split.path,
      isPacked: true,
      report: (found) => io.undecoded?.(found),
      read: () => contentOf(store, split, options, io),
    }),
  )
}

/** Who only reads files does not look for them. */
const fileCut = loadedLater(() => import('./file-cut.ts'))

interface Selected {
  readonly directory: string
  readonly choice: StoreChoice
  readonly split: (file: ListedFile) => FileSplit[]
}

function fileSource<T>(
  store: FileStore,
  { directory, choice, split }: Selected,
  read: (split: FileSplit, io: SourceIo) => Chunks<T>,
): Source<T> {
  if (choice.maxFilesPerBatch !== undefined && choice.select !== 'seen') throw onlySeen(directory)
  const skips = choice.onMissing === 'skip'
  // Of a file in parts, some might have been read before it was gone.
  const newCutter = async (): Promise<FileCutter> => {
    const { FileCutter: Cutter } = await fileCut()
    return new Cutter(directory, await store.lister(), choice, skips ? (file) => [wholeFile(file)] : split)
  }
  let cutter: Promise<FileCutter> | null = null
  const cutting = (): Promise<FileCutter> => (cutter ??= newCutter())
  const source: Source<T, FilePosition, FileSplit> = {
    name: store.name,
    identity: directory,
    address: directory,
    reads: { directories: directory, filtered: choice.filter !== undefined },
    ...(store.awsRights ? { awsRights: store.awsRights } : {}),
    ...(store.ready ? { ready: () => store.ready!() } : {}),
    cut: async (request) => (await cutting()).cut(request),
    read: skips ? (split, io) => unlessMissing(split, read(split, io), io) : read,
    weight: ({ start, end }) => end - start,
    progress: ({ position, newest }) => fileProgress(position, newest),
    committed: async (position, io) => (await cutting()).committed(position, io),
  }
  return source
}

/** By their times, a batch has to take all that its time covers. */
const onlySeen = (directory: string): SluiceError =>
  new SluiceError('E_ARGUMENT', `maxFilesPerBatch of the files of ${directory} needs select: 'seen'.`, {
    where: { place: callerPlace() },
    did: 'nothing was started',
    next: ["{ select: 'seen', maxFilesPerBatch: 100 }"],
  })

/** Its records, or none of them where nothing is left to read. */
async function* unlessMissing<T>(
  { path }: FileSplit,
  chunks: Chunks<T>,
  { undecoded: report }: SourceIo,
): AsyncGenerator<readonly T[]> {
  let used = false
  try {
    for await (const chunk of chunks) {
      used = true
      yield chunk
    }
  } catch (error) {
    if (used || !(hasCode(error, 'E_FILE_GONE') || hasCode(error, 'E_FILE_CHANGED'))) throw error
    report?.(undecoded('skipped', error, path))
  }
}

function recordsIn(pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, length: number): Chunks<Uint8Array> {
  const records = new FixedRecords(length)
  return Symbol.asyncIterator in pieces
    ? (async function* () {
        for await (const piece of pieces) yield records.push(piece)
      })()
    : (function* () {
        for (const piece of pieces) yield records.push(piece)
      })()
}

/** What the function of the program makes of a file. What it throws is about the file, not about a record. */
async function* contentOf<T>(
  store: FileStore,
  split: FileSplit,
  { read, onDecodeError = 'fail' }: FileOptions<T>,
  io: SourceIo,
): AsyncGenerator<T[]> {
  const bytes = new Uint8Array(split.size)
  let at = 0
  for await (const piece of store.pieces(split, io)) {
    bytes.set(piece, at)
    at += piece.length
  }
  try {
    yield [...read(split.path, bytes)]
  } catch (error) {
    if (onDecodeError === 'fail') throw error
    throw new SluiceError('E_FILE_FORMAT', `${split.path} cannot be read: ${wordsOf(error)}`, {
      where: { detail: split.path },
      did: 'none of its records were used',
      cause: error,
    })
  }
}
