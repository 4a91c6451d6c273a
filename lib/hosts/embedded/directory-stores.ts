import { openDirectoryBlobs } from '../../adapters/local/blob-directory.ts'
import { directoryControl } from '../../adapters/local/control-directory.ts'
import { openDirectoryHead } from '../../adapters/local/head-directory.ts'
import type { Head } from '../../model/head.ts'
import type { Stores } from './embedded-host.ts'

/** Stores in the folder of an app, which is made if it is not there. */
export async function openDirectoryStores(folder: string, sync: boolean): Promise<Stores> {
  return {
    head: await openDirectoryHead<Head>(folder, { sync }),
    control: directoryControl(folder, { sync }),
    blobs: await openDirectoryBlobs(folder, { sync }),
  }
}

/** What the head says now; `null` where nobody has written one. */
export async function readHead(folder: string, sync: boolean): Promise<Head | null> {
  const store = await openDirectoryHead<Head>(folder, { sync })
  try {
    return (await store.read())?.value ?? null
  } finally {
    await store.close()
  }
}
