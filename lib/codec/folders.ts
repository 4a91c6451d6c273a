import { mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { systemCode } from '../model/system-code.ts'

/**
 * Makes `path` and what is missing above it, and gives the first that was made. Node's `recursive` does not end where a
 * folder exists and can have none below it, as in `/proc`. Throws what the system throws.
 */
export function makeFolders(path: string): string | undefined {
  const missing: string[] = []
  for (let at = resolve(path); !isFolder(at); at = dirname(at)) missing.unshift(at)
  for (const folder of missing) makeOne(folder)
  return missing[0]
}

/** Throws `ENOTDIR` for what is there and is no folder. */
function isFolder(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.isDirectory()) return found !== undefined
  throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), { code: 'ENOTDIR' })
}

/** Somebody else may make it at the same moment. */
function makeOne(folder: string): void {
  try {
    mkdirSync(folder)
  } catch (error) {
    if (systemCode(error) !== 'EEXIST' || !isFolder(folder)) throw error
  }
}
