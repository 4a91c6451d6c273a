import { s3BinaryRecords, s3Files, s3TextFiles } from '../../adapters/aws/s3/s3-files.ts'
import { SluiceError } from '../../model/errors.ts'
import { callerPlace } from '../../model/place.ts'
import { receiverSource } from '../../source/receiver/receiver-source.ts'
import { socketFacts } from '../../source/receiver/socket-facts.ts'
import type { SourceFactories } from '../../source/source-factories.ts'

/**
 * Sources that a function can read: what is in S3, and what a function of its own receives from a connection. A disk
 * goes with its function.
 */
export const functionSources: SourceFactories = {
  socketText: (host, port) => receiverSource<string>(null, socketFacts.text(host, port)),
  socketStream: <T>(host: string, port: number) => receiverSource<T>(null, socketFacts.stream(host, port)),
  rawSocket: <T>(host: string, port: number) => receiverSource<T>(null, socketFacts.raw(host, port)),
  standardInput: () => refuseReceiver('stdinStream'),
  http: () => refuseReceiver('httpStream'),
  followedFile: (path) => refuseDisk(path),
  textFiles: (directory, options) => s3TextFiles(inS3(directory), options),
  binaryRecords: (directory, recordLength, options) => s3BinaryRecords(inS3(directory), recordLength, options),
  files: (directory, options) => s3Files(inS3(directory), options),
}

function inS3(directory: string): string {
  if (!/^s3a?:/.test(directory)) return refuseDisk(directory)
  return directory.replace(/^s3a:/, 's3:')
}

function refuseReceiver(method: string): never {
  throw new SluiceError('E_RECEIVER_PLACE', `${method} needs a process that stays, and that others can reach.`, {
    where: { place: callerPlace() },
    did: 'nothing was started',
    next: ['use a source that is read, such as s3TextFiles', 'run the program in a process of its own: sluice run'],
  })
}

function refuseDisk(directory: string): never {
  throw new SluiceError('E_FILES_PLACE', `A function cannot watch ${directory}: its disk goes with it.`, {
    where: { place: callerPlace() },
    did: 'nothing was started',
    next: [
      "ssc.source('lines', s3TextFiles('s3://bucket/prefix'))",
      'run the program in a process of its own: sluice run',
    ],
  })
}
