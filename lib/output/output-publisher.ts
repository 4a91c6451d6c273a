import type { BeforeCommit } from '../model/head.ts'
import type { Manifest } from '../model/manifest.ts'

/** Shows outputs where that is done: in the coordinator's process, or in a function of its own. */
export interface OutputPublisher {
  /**
   * Shows one output of a batch that is committed, or before that, as `beforeCommit` says; the same again when it is
   * called again. Rejects with what kept it from being shown.
   */
  publish(manifest: Manifest, output: string, beforeCommit?: BeforeCommit): Promise<void>
}
