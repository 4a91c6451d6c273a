import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openDirectoryBlobs } from '../adapters/local/blob-directory.ts'
import { openDirectoryHead } from '../adapters/local/head-directory.ts'
import { readManifest } from '../checkpoint/manifest.ts'
import { ObjectKeys } from '../checkpoint/object-keys.ts'
import type { BlobStore } from '../host/blob-store.ts'
import { appsBelow } from '../hosts/embedded/embedded-host.ts'
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

/** The app below a directory; `named` says which, where there are several. */
export async function openStoredApp(dir: string, named: string | null): Promise<StoredApp> {
  const apps = await appsBelow(dir)
  if (apps.length === 0)
    throw usageError(
      existsSync(dir) ? `${dir} holds no app.` : `There is no directory ${dir}.`,
      'name the directory that a run had as --dir',
    )
  const app = named ?? (apps.length === 1 ? apps[0] : null)
  if (app === null || !apps.includes(app))
    throw usageError(
      app === null ? `${dir} holds several apps.` : `${dir} holds no app ${JSON.stringify(app)}.`,
      `--app ${apps.join(' | ')}`,
    )
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
