import { openDirectoryBlobs } from '../adapters/local/blob-directory.ts'
import { headOddity } from '../adapters/local/head-audit.ts'
import { type DirectoryHeadStore, openDirectoryHead } from '../adapters/local/head-directory.ts'
import { hasCode } from '../model/errors.ts'
import type { Head } from '../model/head.ts'
import type { HeadWrite } from '../host/head-store.ts'
import { verifyHistory, type Verdict } from '../verify/history.ts'
import { faultOfLater, newestObject } from '../verify/later.ts'

/**
 * What is wrong with the app whose head and objects lie in `folder`, if anything. Throws `E_HEAD_CORRUPT` where there
 * is no reading its log.
 */
export async function verifyApp(folder: string): Promise<Verdict> {
  const opened = await openedHead(folder)
  if ('violation' in opened) return opened
  const { head } = opened
  try {
    const blobs = await openDirectoryBlobs(folder, { sync: false })
    const newest = await newestObject(head, blobs)
    const history = await head.history()
    const verdict = await verifyHistory(history, blobs)
    const odd = headOddity(folder)
    if (odd && (verdict.violation === null || odd.rev < verdict.violation.rev))
      return { ...verdict, violation: { rev: odd.rev, cause: odd.cause, what: odd.what } }
    return { ...verdict, violation: verdict.violation ?? laterThan(history.at(-1), newest) }
  } finally {
    await head.close()
  }
}

function laterThan(last: HeadWrite<Head> | undefined, newest: number | null): Verdict['violation'] {
  const what = last ? faultOfLater(last.value, newest) : null
  return last && what !== null ? { rev: last.rev, cause: last.cause, what } : null
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
