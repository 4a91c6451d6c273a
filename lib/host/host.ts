import type { BatchWatch } from './batch-watch.ts'
import type { BlobStore } from './blob-store.ts'
import type { Clock } from './clock.ts'
import type { ControlStore } from './control-store.ts'
import type { HeadStore } from './head-store.ts'
import type { TaskLauncher } from './launcher.ts'
import type { Log } from './log.ts'
import type { Random } from './random.ts'

/** Everything the engine may touch. Swap the host, not the code. */
export interface Host<Head> {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly head: HeadStore<Head>
  readonly control: ControlStore
  readonly blobs: BlobStore
  readonly launcher: TaskLauncher
  /** Looks on while batches run; nobody, if it is left out. */
  readonly watch?: BatchWatch
}
