import { statSync } from 'node:fs'
import { SluiceError } from '../../model/errors.ts'
import { localPlace } from '../../codec/location.ts'
import { callerPlace } from '../../model/place.ts'
import { binaryRecordsOf, type FileStore, filesOf, textFilesOf } from '../../source/file-source.ts'
import type { BinaryOptions, FileOptions, TextFileOptions } from '../../source/source-factories.ts'
import type { Source } from '../../source/source.ts'
import { linesOf, piecesOf } from './file-lines.ts'
import { localFiles } from './local-files.ts'

/** The lines of files that appear in directories of this machine (Spark: `textFileStream`). */
export const textFiles = (directory: string, options: TextFileOptions = {}): Source<string> =>
  textFilesOf(storeOf(directory), directory, options)

/** Records of `recordLength` bytes each of such files. */
export const binaryRecords = (
  directory: string,
  recordLength: number,
  options: BinaryOptions = {},
): Source<Uint8Array> => binaryRecordsOf(storeOf(directory), directory, recordLength, options)

/** Such files in a form of the program's own. */
export const files = <T>(directory: string, options: FileOptions<T>): Source<T> =>
  filesOf(storeOf(directory), directory, options)

/** Of one source. */
function storeOf(directory: string): FileStore {
  refuseFile(localPlace(directory, 'read its lines with textFileStream, or write a Source'))
  return { name: 'File stream', lister: localFiles, lines: linesOf, pieces: piecesOf }
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
