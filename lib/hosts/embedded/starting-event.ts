import type { AppStarting } from '../../model/events.ts'
import type { StreamingContext } from '../../api/dstream/streaming-context.ts'

export const startingEvent = (
  { graph, sparkContext, batchDuration }: StreamingContext,
  dir: string | null,
  continues: boolean,
): AppStarting => ({
  type: 'starting',
  app: sparkContext.appName,
  intervalMs: batchDuration.milliseconds,
  dir,
  continues,
  sources: graph.inputs.map(({ uid, source, place }) => ({
    name: uid,
    kind: source.name,
    place,
    address: source.address ?? null,
  })),
  outputs: graph.outputs.map(({ uid, operator, place, output }) => ({
    name: uid,
    kind: operator,
    place,
    address: output.address ?? null,
  })),
})
