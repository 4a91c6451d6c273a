import type { LogEvent } from '../../host/log.ts'
import type { StreamingContext } from '../../api/dstream/streaming-context.ts'

/** What is known of a program the moment it starts: one log event, before the first batch. */
export interface StartingEvent extends LogEvent {
  readonly type: 'starting'
  readonly app: string
  readonly intervalMs: number
  /** Where state lives between runs; `null`: in memory. */
  readonly dir: string | null
  /**
   * Whether a later run goes on from there; a classic program that only sets a checkpoint directory begins anew each
   * time, as in Spark.
   */
  readonly continues: boolean
  readonly sources: readonly { readonly name: string; readonly kind: string; readonly place: string }[]
  readonly outputs: readonly { readonly name: string; readonly kind: string; readonly place: string }[]
}

export const startingEvent = (
  { graph, sparkContext, batchDuration }: StreamingContext,
  dir: string | null,
  continues: boolean,
): StartingEvent => ({
  type: 'starting',
  app: sparkContext.appName,
  intervalMs: batchDuration.milliseconds,
  dir,
  continues,
  sources: graph.inputs.map(({ uid, source, place }) => ({ name: uid, kind: source!.name, place })),
  outputs: graph.outputs.map(({ uid, kind, place }) => ({ name: uid, kind, place })),
})
