import { receiverSource } from '../../source/receiver/receiver-source.ts'
import type { SourceFactories } from '../../source/source-factories.ts'
import { s3TextFiles } from '../../adapters/aws/s3/s3-text-files.ts'
import { locationOf } from '../../codec/location.ts'
import { binaryRecords, files, textFiles } from '../../adapters/files/file-source.ts'
import { RawSocketReceiver } from '../../adapters/local/raw-socket-receiver.ts'
import { SocketReceiver, SocketTextReceiver } from '../../adapters/local/socket-receiver.ts'

/** Files and sockets of the machine that runs the program, and lines of objects in S3. */
export const localSources: SourceFactories = {
  socketText: (host, port, options) =>
    Object.assign(receiverSource(new SocketTextReceiver(host, port, options), 'Socket text stream'), {
      lines: true as const,
      address: `${host}:${port}`,
    }),
  socketStream: (host, port, convert) =>
    Object.assign(receiverSource(new SocketReceiver(host, port, convert), 'Socket stream'), {
      address: `${host}:${port}`,
    }),
  rawSocket: <T>(host: string, port: number) =>
    Object.assign(receiverSource(new RawSocketReceiver<T>(host, port), 'Raw stream'), { address: `${host}:${port}` }),
  textFiles: (directory, options) =>
    locationOf(directory).kind === 's3' ? s3TextFiles(directory, options) : textFiles(directory, options),
  binaryRecords,
  files,
}
