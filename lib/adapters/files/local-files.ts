import { glob } from 'node:fs/promises'
import { localPlace } from '../../codec/location.ts'
import type { FileLister } from '../../source/file-cut.ts'
import { DirectoryListing, statOf } from './directory-listing.ts'

/** Directories of this machine: a path, a `file:` URL, or a pattern with `*`, `?`, `[…]` or `{…}`. For one source. */
export function localFiles(): FileLister {
  let known = new Map<string, DirectoryListing>()
  return {
    async *pages(directories) {
      const place = localPlace(directories, 'read its lines with textFileStream, or write a Source')
      const found = await directoriesOf(place)
      known = new Map(found.map((directory) => [directory, known.get(directory) ?? new DirectoryListing(directory)]))
      if (found.length === 0) return
      const entries = (await Promise.all(Array.from(known.values(), (directory) => directory.entries()))).flat()
      yield {
        files: entries.filter((entry) => 'size' in entry),
        others: entries.filter((entry) => 'reason' in entry),
      }
    },
  }
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
