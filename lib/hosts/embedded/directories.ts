import { processClients } from '../../adapters/aws/clients.ts'
import { s3Directories } from '../../adapters/aws/s3/s3-directories.ts'
import { localDirectories } from '../../adapters/local/directories.ts'
import { locationOf } from '../../codec/location.ts'
import type { DirectoryWriter } from '../../output/directory-writer.ts'

/** Directories of this machine, and of S3 where the path says so. */
export const directories: DirectoryWriter = {
  write(path, parts, owner) {
    const place = locationOf(path)
    if (place.kind === 's3') return s3Directories(processClients()).write(place.url, parts, owner)
    return localDirectories.write(path, parts, owner)
  },
}
