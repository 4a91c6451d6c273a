import type { FileChoice } from './file-cut.ts'
import type { LineOptions } from './line-buffer.ts'
import type { Source } from './source.ts'

/** The sources that `StreamingContext` offers by name, as the place where the program runs provides them. */
export interface SourceFactories {
  /** Lines from a server that this process connects to. */
  socketText(host: string, port: number, options?: SocketTextOptions): Source<string>
  /** Records that `convert` makes of the bytes of a connection. */
  socketStream<T>(host: string, port: number, convert: BytesToRecords<T>): Source<T>
  /** Frames of a 4-byte big-endian length and a block of records, or bytes that are one record. */
  rawSocket<T>(host: string, port: number): Source<T>
  textFiles(directory: string, options?: TextFileOptions): Source<string>
  binaryRecords(directory: string, recordLength: number, options?: FileChoice): Source<Uint8Array>
  files<T>(directory: string, options: FileOptions<T>): Source<T>
}

/** Called once per connection; ends when the connection does. What it throws restarts the receiver. */
export type BytesToRecords<T> = (bytes: AsyncIterable<Uint8Array>) => AsyncIterable<T> | Iterable<T>

/** What `socketTextStream` takes: what a line is. */
export interface SocketTextOptions extends Pick<LineOptions, 'encoding' | 'maxLineBytes'> {}

/** What `textFileStream` takes: which files, and what a line is. */
export interface TextFileOptions extends FileChoice, Pick<LineOptions, 'encoding' | 'maxLineBytes'> {
  /** Larger files become several partitions (default 32 MiB). gzip files are always one. */
  readonly splitBytes?: number
  /** Most bytes a gzip file may unpack to (default 4 GiB). */
  readonly maxInflatedBytes?: number
  /** Most bytes that a packed byte may become on average, beyond the first 16 MiB (default 400). */
  readonly maxInflateRatio?: number
}

/** What `fileStream` takes: which files, and how one is read. */
export interface FileOptions<T> extends FileChoice {
  /** The records of one file. Must give the same each time, as a batch may be read again. */
  readonly read: (path: string, bytes: Uint8Array) => Iterable<T>
}
