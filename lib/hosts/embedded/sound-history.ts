import { join } from 'node:path'
import { DirectoryHeadStore } from '../../adapters/local/head-directory.ts'
import { checkedHead } from '../../checkpoint/check-head.ts'
import { readManifest } from '../../checkpoint/manifest.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import type { HeadStore } from '../../host/head-store.ts'
import { SluiceError } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'
import { verifyHistory } from '../../verify/history.ts'
import { faultOfLater, newestObject } from '../../verify/later.ts'

/**
 * Refuses to go on from a history that `sluice verify` would refuse, as far as it can be told from the log and the
 * manifests that are kept; objects are looked at when they are read. Throws `E_HISTORY`, and what reading the newest
 * head and manifest throws.
 */
export async function assertSoundHistory(head: HeadStore<Head>, blobs: BlobStore, folder: string): Promise<void> {
  if (!(head instanceof DirectoryHeadStore)) return
  // What this build cannot read at all has codes of its own.
  const newest = checkedHead(await head.read())
  if (newest?.value.manifest) await readManifest(blobs, newest.value.manifest)
  const latest = await newestObject(head, blobs)
  const history = await (head as DirectoryHeadStore<Head>).history()
  const { violation } = await verifyHistory(history, blobs, { depth: 'live' })
  const last = history.at(-1)
  const later = last ? faultOfLater(last.value, latest) : null
  const fault = violation ?? (last && later !== null ? { ...last, what: later } : null)
  // Somebody else is at work: whether this one may start is for the lease to say.
  if (fault === null || (await head.read())?.rev !== last?.rev) return
  throw new SluiceError('E_HISTORY', `Write ${fault.rev} (${fault.cause}): ${fault.what}.`, {
    where: { detail: folder },
    did: 'nothing was started; the directory is as it was found',
    next: [
      `sluice verify ${join(folder, '..')}`,
      'restore the whole directory from a backup',
      'start with --resume to go on all the same',
    ],
  })
}
