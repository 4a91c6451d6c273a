import { receiverSource } from '../../source/receiver/receiver-source.ts'
import type { SourceFactories } from '../../source/source-factories.ts'
import { s3BinaryRecords, s3Files, s3TextFiles } from '../../adapters/aws/s3/s3-files.ts'
import { locationOf } from '../../codec/location.ts'
import { binaryRecords, files, textFiles } from '../../adapters/files/file-source.ts'
import { followedFile } from '../../adapters/files/followed-file.ts'
import { HttpReceiver } from '../../adapters/local/http-receiver.ts'
import { StandardInputReceiver } from '../../adapters/local/standard-input-receiver.ts'
import { socketSources } from '../../adapters/local/socket-sources.ts'

/** Files and sockets of the machine that runs the program, and objects in S3. */
export const localSources: SourceFactories = {
  ...socketSources,
  standardInput: (options) =>
    receiverSource(new StandardInputReceiver(options), { name: 'Standard input', lines: true }),
  http: (port, options) =>
    receiverSource(new HttpReceiver(port, options), {
      name: 'HTTP',
      address: `http://${options?.host ?? '127.0.0.1'}:${port}${options?.path ?? '/'}`,
    }),
  followedFile,
  textFiles: byPlace(textFiles, s3TextFiles),
  binaryRecords: byPlace(binaryRecords, s3BinaryRecords),
  files: byPlace(files, s3Files),
}

/** Whoever reads directories, or S3 where the directory is one of a bucket. */
function byPlace<A extends readonly unknown[], S>(
  here: (directory: string, ...more: A) => S,
  inS3: (directory: string, ...more: A) => S,
): (directory: string, ...more: A) => S {
  return (directory, ...more) => {
    if (locationOf(directory).kind === 's3') return inS3(directory, ...more)
    return here(directory, ...more)
  }
}
