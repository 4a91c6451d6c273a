import { committedManifest } from '../checkpoint/manifest.ts'
import { ObjectKeys } from '../checkpoint/object-keys.ts'
import type { BlobReader, BlobStore } from '../host/blob-store.ts'
import type { ControlStore } from '../host/control-store.ts'
import { hasCode } from '../model/errors.ts'
import type { Head } from '../model/head.ts'
import type { Manifest } from '../model/manifest.ts'
import type { StoredPlace } from './stored-place.ts'
import { usageError } from './usage.ts'

/** What was stored as of now, for who leaves word: the run may go on beside. */
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
  place: StoredPlace,
  named: string | null,
  look: (stored: StoredBatch) => Promise<T>,
): Promise<T> {
  const { head: readHead, blobs } = place.look(await appNamed(place, named))
  for (let seen = -1; ;) {
    const head = await headThere(readHead, place)
    try {
      return await look({ head, manifest: await committedManifest(blobs, head), blobs })
    } catch (error) {
      if (!hasCode(error, 'E_BLOB_MISSING') || head.committed === seen) throw error
      seen = head.committed
    }
  }
}

/** The app at a place; `named` says which, where there are several. */
export async function openStoredApp(place: StoredPlace, named: string | null): Promise<StoredApp> {
  const app = await appNamed(place, named)
  return lookAtStoredApp(place, app, async ({ head, manifest }) => ({
    head,
    manifest,
    blobs: await place.blobs(app),
    keys: new ObjectKeys(head.app, head.inc),
  }))
}

/** What people want of an app, and where it is written. */
export async function openControl(
  place: StoredPlace,
  named: string | null,
): Promise<{ readonly head: Head; readonly store: ControlStore }> {
  const { head, control } = place.look(await appNamed(place, named))
  return { head: await headThere(head, place), store: control }
}

/** Somebody may remove an app while it is looked at. */
async function headThere(read: ReturnType<StoredPlace['look']>['head'], place: StoredPlace): Promise<Head> {
  const found = await read()
  if (!found) throw place.noApp()
  return found.value
}

async function appNamed(place: StoredPlace, named: string | null): Promise<string> {
  const apps = await place.apps()
  if (apps.length === 0) throw place.noApp()
  const app = named ?? (apps.length === 1 ? apps[0] : null)
  if (app === null || !apps.includes(app))
    throw usageError(
      app === null ? `${place.typed} holds several apps.` : `${place.typed} holds no app ${JSON.stringify(app)}.`,
      `--app ${apps.join(' | ')}`,
    )
  return app
}
