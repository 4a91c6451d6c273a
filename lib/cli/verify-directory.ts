import { openDirectoryBlobs } from '../adapters/local/blob-directory.ts'
import { headOddity } from '../adapters/local/head-audit.ts'
import { type DirectoryHeadStore, openDirectoryHead } from '../adapters/local/head-directory.ts'
import { hasCode } from '../model/errors.ts'
import type { Head } from '../model/head.ts'
import { verifyHistory, type Verdict } from '../verify/history.ts'

/**
 * What is wrong with the app whose head and objects lie in `folder`, if anything. Throws `E_HEAD_CORRUPT` where there
 * is no reading its log.
 */
export async function verifyApp(folder: string): Promise<Verdict> {
  const opened = await openedHead(folder)
  if ('violation' in opened) return opened
  const { head } = opened
  try {
    const verdict = await verifyHistory(await head.history(), await openDirectoryBlobs(folder, { sync: false }))
    const odd = headOddity(folder)
    return odd && (verdict.violation === null || odd.rev < verdict.violation.rev)
      ? { ...verdict, violation: { rev: odd.rev, cause: odd.cause, what: odd.what } }
      : verdict
  } finally {
    await head.close()
  }
}

/** A log that no program would go on from; what is wrong with it, where that can be said more closely. */
async function openedHead(folder: string): Promise<{ readonly head: DirectoryHeadStore<Head> } | Verdict> {
  try {
    return { head: await openDirectoryHead<Head>(folder, { sync: false }) }
  } catch (error) {
    const odd = hasCode(error, 'E_HEAD_CORRUPT') ? headOddity(folder) : null
    if (odd === null) throw error
    return { writes: 0, batches: 0, objects: 0, swept: 0, violation: odd }
  }
}
