import { silentLog } from '../../host/log.ts'
import type { Manifest } from '../../model/manifest.ts'
import { BatchEvents } from '../../observe/batch-events.ts'
import type { OutputHooks } from '../../output/output-publisher.ts'
import { progressOf } from '../../runtime/planning/plan-batch.ts'
import type { ShowRequest } from '../lambda/calls.ts'
import type { AwsHost } from '../lambda/host.ts'
import { appFacts } from '../program/app-facts.ts'
import type { BuiltApp } from '../program/built-program.ts'

/** What the listeners of the program hear of a batch. */
export class WatchedBatch {
  readonly hooks: OutputHooks
  readonly #events: BatchEvents
  readonly #manifest: Manifest
  readonly #isLast: boolean

  constructor(manifest: Manifest, { progress, beforeCommit }: ShowRequest, app: BuiltApp, host: AwsHost) {
    const { context } = app
    const facts = appFacts(app)
    this.#manifest = manifest
    // The coordinator says what happens to the batch; what listeners throw only this function sees.
    context.listeners.tellTo(host.log)
    this.#events = new BatchEvents(host.clock, context.listeners, silentLog, facts, () => {})
    // Of owed batches, nothing but that their outputs are shown again.
    this.#isLast = progress !== undefined && (!beforeCommit || facts.outputs.every(({ order }) => order === 'before'))
    if (progress) {
      const known = progressOf(context.graph, manifest.cuts, silentLog)
      this.#events.submitted({ plan: manifest, progress: known }, true, progress.submitted)
      this.#events.started(progress.started)
    }
    this.hooks = this.#events.outputHooks(manifest)
  }

  completed(): void {
    if (this.#isLast) this.#events.completed(this.#manifest)
  }
}
