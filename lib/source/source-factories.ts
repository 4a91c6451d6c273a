import type { StandardSchema } from '../codec/standard-schema.ts'
import type { FileChoice } from './file-cut.ts'
import type { LineOptions } from './line-buffer.ts'
import type { Source } from './source.ts'
import type { OnDecodeError } from './undecoded.ts'

/** The sources that `StreamingContext` offers by name, as the place where the program runs provides them. */
export interface SourceFactories {
  /** Lines from a server that this process connects to. */
  socketText(host: string, port: number, options?: LineChoice): Source<string>
  /** Records that `convert` makes of the bytes of a connection. */
  socketStream<T>(host: string, port: number, convert: BytesToRecords<T>): Source<T>
  /** Frames of a 4-byte big-endian length and a block of records, or bytes that are one record. */
  rawSocket<T>(host: string, port: number): Source<T>
  /** Lines of this process's standard input. */
  standardInput(options?: LineChoice): Source<string>
  /** What others post to a port of this machine. */
  http(port: number, options?: HttpOptions): Source<unknown>
  /** Lines of one file that others append to. */
  followedFile(path: string, options?: FollowOptions): Source<string>
  textFiles(directory: string, options?: TextFileOptions): Source<string>
  binaryRecords(directory: string, recordLength: number, options?: BinaryOptions): Source<Uint8Array>
  files<T>(directory: string, options: FileOptions<T>): Source<T>
}

/** Called once per connection; ends when the connection does. What it throws restarts the receiver. */
export type BytesToRecords<T> = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<T> | Iterable<T>

/** What `socketTextStream` and `stdinStream` take: what a line is. */
export interface LineChoice extends Pick<LineOptions, 'encoding' | 'maxLineBytes'> {}

/** What `followStream` takes. */
export interface FollowOptions extends LineChoice {
  /** Where the first run begins: with what is there (default), or with what is appended from then on. */
  readonly from?: 'start' | 'end'
  /** Most bytes of one batch, whole lines; the others wait (default 64 MiB). */
  readonly maxBytesPerBatch?: number
  /**
   * What becomes of a line that is not in its encoding or too long: `fail`, or `dead-letter` where the app has
   * `onError: 'dead-letter'`, unless it is said.
   */
  readonly onDecodeError?: Exclude<OnDecodeError, 'skip-file'>
}

/** What `httpStream` takes. */
export interface HttpOptions extends Pick<LineOptions, 'encoding'> {
  /** The address to listen at (default `127.0.0.1`: this machine only). */
  readonly host?: string
  /** Where records are posted to (default `/`). */
  readonly path?: string
  /** `lines` (default): a record for each line of a body. `json`: the value, or a record for each item of an array. */
  readonly body?: 'lines' | 'json'
  /** What each JSON record has to be; others are answered with 400. Gives the stream its type. */
  readonly schema?: StandardSchema
  /** Larger bodies are answered with 413 (default 1 MiB). */
  readonly maxBodyBytes?: number
  /** With so many requests under way, others are answered with 429 (default 64). */
  readonly maxWaiting?: number
  /** With so many stored blocks that no batch has taken, requests are answered with 429 (default 10 000). */
  readonly maxBlocks?: number
}

/** What `textFileStream` takes: which files, and what a line is. */
export interface TextFileOptions extends FileChoice, LineChoice {
  /** Larger files become several partitions (default 32 MiB). Packed files are always one. */
  readonly splitBytes?: number
  /** Most bytes a packed file may unpack to (default 4 GiB). */
  readonly maxInflatedBytes?: number
  /** Most bytes that a packed byte may become on average, beyond the first 16 MiB (default 400). */
  readonly maxInflateRatio?: number
  /**
   * What becomes of lines that are not in their encoding or too long, and of files that cannot be unpacked: `fail`, or
   * `dead-letter` where the app has `onError: 'dead-letter'`, unless it is said.
   */
  readonly onDecodeError?: OnDecodeError
}

/** What `binaryRecordsStream` takes: which files, and what becomes of one that holds no whole number of records. */
export interface BinaryOptions extends FileChoice {
  /** A file that does not hold a whole number of records. */
  readonly onDecodeError?: Exclude<OnDecodeError, 'replace'>
}

/** What `fileStream` takes: which files, and how one is read. */
export interface FileOptions<T> extends FileChoice {
  /** The records of one file. Must give the same each time, as a batch may be read again. */
  readonly read: (path: string, bytes: Uint8Array) => Iterable<T>
  /** What becomes of a file for which `read` throws. */
  readonly onDecodeError?: Exclude<OnDecodeError, 'replace'>
}
