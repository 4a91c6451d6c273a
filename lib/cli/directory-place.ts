import { statSync } from 'node:fs'
import { join } from 'node:path'
import { openDirectoryBlobs, readDirectoryBlobs } from '../adapters/local/blob-directory.ts'
import { directoryControl } from '../adapters/local/control-directory.ts'
import { readDirectoryHead } from '../adapters/local/head-directory.ts'
import { checkedHead } from '../checkpoint/check-head.ts'
import { appsBelow, holderIsGone } from '../hosts/embedded/embedded-host.ts'
import type { SluiceError } from '../model/errors.ts'
import type { Head } from '../model/head.ts'
import type { StoredPlace } from './stored-place.ts'
import { usageError } from './usage.ts'
import { verifyApp } from './verify-directory.ts'

/** What runs with `--dir <dir>` have stored. */
export const directoryPlace = (dir: string): StoredPlace => ({
  typed: dir,
  apps: () => appsBelow(dir),
  noApp: () => noApp(dir),
  look: (app) => ({
    blobs: readDirectoryBlobs(join(dir, app)),
    control: directoryControl(join(dir, app), { sync: true }),
    head: async () => checkedHead(await readDirectoryHead<Head>(join(dir, app))),
  }),
  blobs: (app) => openDirectoryBlobs(join(dir, app), { sync: true }),
  verify: (app) => verifyApp(join(dir, app)),
  isGone: holderIsGone,
  isTicked: false,
  logs: null,
})

/** What lies at a path that no run had as `--dir`. */
const noApp = (dir: string): SluiceError => {
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
