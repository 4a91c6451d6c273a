import { glob, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FileLister } from '../../source/file-cut.ts'
import type { ListedFile } from '../../source/file-selection.ts'
import { systemCode } from '../../model/system-code.ts'

/** Directories of this machine: a path, a `file:` URL, or a pattern with `*`, `?`, `[…]` or `{…}`. */
export const localFiles: FileLister = {
  async list(directories) {
    const found = await directoriesOf(directories.startsWith('file:') ? fileURLToPath(directories) : directories)
    if (found.length === 0) return null
    return (await Promise.all(found.map(filesIn))).flat()
  },
}

async function directoriesOf(pattern: string): Promise<string[]> {
  // A directory may have a name that looks like a pattern; it means itself.
  if (await isDirectory(pattern)) return [pattern]
  if (!/[*?[{]/.test(pattern)) return []
  const directories: string[] = []
  for await (const path of glob(pattern)) if (await isDirectory(path)) directories.push(path)
  return directories.sort()
}

const isDirectory = async (path: string): Promise<boolean> => (await statOf(path))?.isDirectory() ?? false

async function filesIn(directory: string): Promise<ListedFile[]> {
  const names = await readdir(directory).catch(nothingIfGone)
  const files = await Promise.all((names ?? []).sort().map((name) => listed(join(directory, name))))
  return files.filter((file) => file !== null)
}

/** `null`: not a file, or gone since it was listed. */
async function listed(path: string): Promise<ListedFile | null> {
  const found = await statOf(path)
  return found?.isFile() ? { path, mtimeMs: Math.round(found.mtimeMs), size: found.size } : null
}

const statOf = (path: string) => stat(path).catch(nothingIfGone)

function nothingIfGone(error: unknown): null {
  if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) return null
  throw error
}
