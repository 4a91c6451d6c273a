import { processClients } from '../aws/clients.ts'
import { s3Directories } from '../aws/s3-directories.ts'
import { localDirectories } from '../local/directories.ts'
import type { DirectoryWriter } from '../output/directory-writer.ts'

/** Directories of this machine, and of S3 where the path says so. */
export const directories: DirectoryWriter = {
  write: (path, parts) => (/^s3a?:/.test(path) ? s3Directories(processClients()) : localDirectories).write(path, parts),
}
