import { FileCutter, type FilePosition } from '../../../source/file-cut.ts'
import { underPolicy } from '../../../source/decode-policy.ts'
import { type FileSplit, splitFile, wholeFile } from '../../../source/file-splits.ts'
import type { TextFileOptions } from '../../../source/source-factories.ts'
import type { Source } from '../../../source/source.ts'
import { type AwsClients, processClients } from '../clients.ts'
import { linesOf } from './s3-lines.ts'
import { s3Lister } from './s3-lister.ts'
import { s3Directory } from './s3-location.ts'

const SPLIT_BYTES = 32 * 2 ** 20

/** As for files of a machine, save that gzip is not read yet. */
export type S3TextOptions = Omit<TextFileOptions, 'maxInflatedBytes' | 'maxInflateRatio'>

/**
 * The lines of objects below `s3://bucket/prefix/`, each object once, whenever it appears (`select: 'seen'`). An object
 * that is overwritten is a new one. A large object is several partitions. Lines are read from the very object that was
 * listed; `E_FILE_CHANGED` and `E_FILE_GONE` tell when it is no longer there.
 */
export function s3TextFiles(
  directory: string,
  options: S3TextOptions = {},
  clients: () => AwsClients = processClients,
): Source<string> {
  s3Directory(directory)
  const splitBytes = options.splitBytes ?? SPLIT_BYTES
  const cutter = new FileCutter(directory, s3Lister(clients), { select: 'seen', ...options }, (file) =>
    options.onDecodeError === 'skip-file' ? [wholeFile(file)] : splitFile(file, splitBytes),
  )
  const source: Source<string, FilePosition, FileSplit> = {
    name: 'S3 text stream',
    identity: directory,
    address: directory,
    reads: { directories: directory, filtered: options.filter !== undefined },
    lines: true,
    ready: () => clients().s3(),
    cut: (request) => cutter.cut(request),
    read: (split, io) =>
      underPolicy({
        policy: options.onDecodeError ?? 'fail',
        path: split.path,
        isPacked: false,
        report: (found) => io.undecoded?.(found),
        read: (more) => linesOf(clients(), split, { ...options, ...more }),
      }),
    committed: (position, io) => cutter.committed(position, io),
  }
  return source
}
