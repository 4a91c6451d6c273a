import { existsSync } from 'node:fs'
import { link, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { makeFolders } from '../../codec/folders.ts'
import { systemCode } from '../../model/system-code.ts'
import type { FilePlace } from '../../output/file-place.ts'

/** A folder of this machine. Files are written in `_temporary`, and are on the disk before they get their names. */
export const localFilePlace = (folder: string): FilePlace => ({
  shown: folder,
  ready: async () => {},
  read: (name) => readFile(join(folder, name)).catch(nothing),
  async put(name, bytes) {
    await rename(await written(folder, name, bytes), join(folder, name))
    await syncFolder(join(folder, name, '..'))
  },
  async putFirst(name, bytes) {
    const temporary = await written(folder, name, bytes)
    await link(temporary, join(folder, name)).catch((error: unknown) => {
      if (systemCode(error) !== 'EEXIST') throw error
    })
    await rm(temporary, { force: true })
    await syncFolder(join(folder, name, '..'))
  },
  async sizes(names) {
    const found = new Map<string, number>()
    for (const name of names) {
      const path = join(folder, name)
      if (existsSync(path)) found.set(name, (await stat(path)).size)
    }
    return found
  },
})

async function written(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  for (const below of ['_manifest', '_temporary']) makeFolders(join(folder, below))
  const temporary = join(folder, '_temporary', `${name.replaceAll(/[\\/]/g, '.')}.${writer}.${++count}`)
  const file = await open(temporary, 'w')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  return temporary
}

/** Whoever else writes the same file at this moment, on whatever machine, has a temporary file of another name. */
const writer = `${hostname()}.${process.pid}.${threadId}`
let count = 0

/** So that a name survives a power cut. Windows cannot, and need not. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function nothing(error: unknown): null {
  if (systemCode(error) === 'ENOENT') return null
  throw error
}
