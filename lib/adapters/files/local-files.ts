import { isUtf8 } from 'node:buffer'
import { glob, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { localPlace } from '../../codec/location.ts'
import type { FileLister, Listing } from '../../source/file-cut.ts'
import { systemCode } from '../../model/system-code.ts'

/** Directories of this machine: a path, a `file:` URL, or a pattern with `*`, `?`, `[…]` or `{…}`. */
export const localFiles: FileLister = {
  async list(directories) {
    const found = await directoriesOf(localPlace(directories, 'read its lines with textFileStream, or write a Source'))
    if (found.length === 0) return null
    const entries = (await Promise.all(found.map(entriesIn))).flat().filter((entry) => entry !== null)
    return {
      files: entries.filter((entry) => 'size' in entry),
      others: entries.filter((entry) => 'reason' in entry),
    }
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

type Entry = Listing['files'][number] | NonNullable<Listing['others']>[number]

async function entriesIn(directory: string): Promise<(Entry | null)[]> {
  const names = (await readdir(directory, { encoding: 'buffer' }).catch(nothingIfGone)) ?? []
  const [readable, broken] = [names.filter((name) => isUtf8(name)), names.filter((name) => !isUtf8(name))]
  const entries = readable
    .map(String)
    .sort()
    .map((name) => listed(join(directory, name)))
  return [
    ...(await Promise.all(entries)),
    ...broken.map((name): Entry => ({ path: join(directory, String(name)), reason: 'name' })),
  ]
}

/** `null`: gone since it was listed. */
async function listed(path: string): Promise<Entry | null> {
  const found = await statOf(path)
  if (!found) return null
  if (!found.isFile()) return { path, reason: found.isDirectory() ? 'directory' : 'special' }
  return { path, mtimeMs: Math.round(found.mtimeMs), size: found.size }
}

const statOf = (path: string) => stat(path).catch(nothingIfGone)

function nothingIfGone(error: unknown): null {
  if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemCode(error) ?? '')) return null
  throw error
}
