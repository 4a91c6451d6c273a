import { statSync } from 'node:fs'
import { join } from 'node:path'
import { openDirectoryBlobs, readDirectoryBlobs } from '../adapters/local/blob-directory.ts'
import { openDirectoryHead, readDirectoryHead } from '../adapters/local/head-directory.ts'
import { checkedHead } from '../checkpoint/check-head.ts'
import { readManifest } from '../checkpoint/manifest.ts'
import { ObjectKeys } from '../checkpoint/object-keys.ts'
import type { BlobReader, BlobStore } from '../host/blob-store.ts'
import { appsBelow } from '../hosts/embedded/embedded-host.ts'
import { hasCode, type SluiceError } from '../model/errors.ts'
import type { Head } from '../model/head.ts'
import type { Manifest } from '../model/manifest.ts'
import { usageError } from './usage.ts'

/** What a run with --dir has stored, as of now: the run may go on beside. */
export interface StoredApp {
  readonly head: Head
  /** The last committed one. */
  readonly manifest: Manifest | null
  readonly blobs: BlobStore
  readonly keys: ObjectKeys
}

/** What was stored as of one committed batch, read without a trace beside whoever writes. */
export interface StoredBatch {
  readonly head: Head
  readonly manifest: Manifest | null
  readonly blobs: BlobReader
}

/**
 * Gives `look` the last committed batch, and the one after if objects of the first were swept away meanwhile. Takes no
 * lock and writes nothing.
 */
export async function lookAtStoredApp<T>(
  dir: string,
  named: string | null,
  look: (stored: StoredBatch) => Promise<T>,
): Promise<T> {
  const folder = join(dir, await appNamed(dir, named))
  const blobs = readDirectoryBlobs(folder)
  for (let seen = -1; ;) {
    const { value: head } = checkedHead(await readDirectoryHead<Head>(folder))!
    try {
      return await look({ head, manifest: head.manifest ? await readManifest(blobs, head.manifest) : null, blobs })
    } catch (error) {
      if (!hasCode(error, 'E_BLOB_MISSING') || head.committed === seen) throw error
      seen = head.committed
    }
  }
}

/** The app below a directory; `named` says which, where there are several. */
export async function openStoredApp(dir: string, named: string | null): Promise<StoredApp> {
  const app = await appNamed(dir, named)
  const blobs = await openDirectoryBlobs(join(dir, app), { sync: true })
  const store = await openDirectoryHead<Head>(join(dir, app), { sync: false })
  try {
    const head = (await store.read())!.value
    const manifest = head.manifest ? await readManifest(blobs, head.manifest) : null
    return { head, manifest, blobs, keys: new ObjectKeys(head.app, head.inc) }
  } finally {
    await store.close()
  }
}

async function appNamed(dir: string, named: string | null): Promise<string> {
  const apps = await appsBelow(dir)
  if (apps.length === 0) throw noApp(dir)
  const app = named ?? (apps.length === 1 ? apps[0] : null)
  if (app === null || !apps.includes(app))
    throw usageError(
      app === null ? `${dir} holds several apps.` : `${dir} holds no app ${JSON.stringify(app)}.`,
      `--app ${apps.join(' | ')}`,
    )
  return app
}

/** What lies at a path that no run had as `--dir`. */
export const noApp = (dir: string): SluiceError => {
  const found = statSync(dir, { throwIfNoEntry: false })
  return usageError(
    found === undefined
      ? `There is no directory ${dir}.`
      : found.isDirectory()
        ? `${dir} holds no app.`
        : `${dir} is a file, not the directory of a run.`,
    'name the directory that a run had as --dir',
  )
}
