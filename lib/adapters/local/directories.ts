import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DirectoryWriter } from '../../output/directory-writer.ts'

/**
 * Part files and then `_SUCCESS`, each file moved into place whole. What an earlier attempt left and this one does not
 * write goes away.
 */
export const localDirectories: DirectoryWriter = {
  async write(path, parts) {
    const folder = path.replace(/^file:(\/\/)?/, '')
    await mkdir(folder, { recursive: true })
    const wanted = new Set([...parts.map((part) => part.name), '_SUCCESS'])
    for (const name of await readdir(folder)) if (!wanted.has(name)) await rm(join(folder, name), { recursive: true })
    for (const { name, bytes } of parts) await place(folder, name, bytes)
    await place(folder, '_SUCCESS', new Uint8Array())
  },
}

async function place(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const hidden = join(folder, `.${name}.tmp`)
  await writeFile(hidden, bytes)
  await rename(hidden, join(folder, name))
}
