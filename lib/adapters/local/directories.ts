import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolders } from '../../codec/folders.ts'
import { localPlace } from '../../codec/location.ts'
import { systemCode } from '../../model/system-code.ts'
import { checkOwner, type DirectoryWriter, successOf } from '../../output/directory-writer.ts'

/**
 * Part files and then `_SUCCESS`, each file moved into place whole. What an earlier attempt left and this one does not
 * write goes away.
 */
export const localDirectories: DirectoryWriter = {
  async write(path, parts, owner) {
    const folder = localPlace(path, 'start the program with the package @aws-sdk/client-s3')
    checkOwner(folder, await readFile(join(folder, '_SUCCESS'), 'utf8').catch(nothing), owner)
    makeFolders(folder)
    const wanted = new Set([...parts.map((part) => part.name), '_SUCCESS'])
    for (const name of await readdir(folder)) if (!wanted.has(name)) await rm(join(folder, name), { recursive: true })
    for (const { name, bytes } of parts) await place(folder, name, bytes)
    await place(folder, '_SUCCESS', successOf(owner))
  },
}

/** No directory yet, or one that is not complete. */
function nothing(error: unknown): string {
  if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return ''
  throw error
}

async function place(folder: string, name: string, bytes: Uint8Array): Promise<void> {
  const hidden = join(folder, `.${name}.tmp`)
  await writeFile(hidden, bytes)
  await rename(hidden, join(folder, name))
}
