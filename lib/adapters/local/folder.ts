import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { makeFolders } from '../../codec/folders.ts'
import { SluiceError } from '../../model/errors.ts'
import { systemCode } from '../../model/system-code.ts'

/** Makes `path` and what is missing above it. With `sync`, the new folders survive a power cut. */
export const makeFolder = async (path: string, sync: boolean): Promise<void> => {
  const first = makeFolders(path)
  if (!sync || first === undefined) return
  for (let made = resolve(path); made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made))
}

/** Makes the names in a folder durable: a synced file whose name is not would be lost all the same. */
export const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOTDIR: 'a file is in the way',
  EEXIST: 'a file is in the way',
  EACCES: 'there is no permission',
  EPERM: 'writing there is not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  ENOENT: 'no folder can be made there',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'links lead in a circle',
}

/**
 * What the system said about a directory, as an error of whoever chose it with `another`. Any other error as it
 * is.
 */
export function asDirectoryError(dir: string, error: unknown, another = '--dir'): unknown {
  const why = WHY[systemCode(error) ?? '']
  if (why === undefined || error instanceof SluiceError) return error
  return new SluiceError('E_DIRECTORY', `The directory ${dir} cannot be used: ${why}.`, {
    where: { detail: dir },
    did: 'nothing was started',
    next: [`use another ${another}`, `make it a folder that this user may write to: ls -ld ${dir}`],
    cause: error,
  })
}
