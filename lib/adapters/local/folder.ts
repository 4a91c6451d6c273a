import { mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** Makes `path` and what is missing above it. With `sync`, the new folders survive a power cut. */
export const makeFolder = async (path: string, sync: boolean): Promise<void> => {
  const first = mkdirSync(resolve(path), { recursive: true })
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
