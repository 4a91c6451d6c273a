import type { OperatorUid } from '../../model/ids.ts'
import { getBlob } from '../../checkpoint/blobs.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import type { OutputHooks } from '../../observe/batch-events.ts'
import type { OutputPublisher } from '../../output/output-publisher.ts'
import type { PublishPermit } from '../../output/publish-permit.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import type { StagedRecords } from '../staged-records.ts'
import { insideOutput } from '../../graph/inside-output.ts'
import type { OutputEnvironment } from '../../graph/output-operation.ts'

export interface OutputRun {
  readonly output: OperatorUid
  readonly error: unknown
}

/**
 * Shows what a batch fixed, one output operation after the other in order of definition. One that fails does not
 * keep the others from running; the caller is told which. Running this again shows the same content again.
 */
export async function runOutputs(
  permit: PublishPermit,
  graph: StreamGraph,
  publisher: OutputPublisher,
  hooks: OutputHooks,
  only: (output: OperatorUid) => boolean = () => true,
): Promise<OutputRun[]> {
  const failed: OutputRun[] = []
  for (const { uid } of graph.outputs) {
    if (!(uid in permit.manifest.outputs) || !only(uid)) continue
    hooks.started(uid)
    try {
      await publisher.publish(permit, uid)
      hooks.completed(uid, null)
    } catch (error) {
      failed.push({ output: uid, error })
      hooks.completed(uid, error)
    }
  }
  return failed
}

/** Shows outputs in this process, where what was `staged` by its tasks need not be read again. */
export const publishHere = (
  graph: StreamGraph,
  blobs: BlobStore,
  environment: OutputEnvironment,
  staged: StagedRecords | null = null,
): OutputPublisher => ({
  async publish({ manifest: { batch, time, outputs, cuts } }, output) {
    const node = graph.outputs.find(({ uid }) => uid === output)!
    await insideOutput(() =>
      node.output.publish({
        batch,
        timeMs: time,
        output,
        parts: outputs[output],
        cuts,
        read: (ref) => getBlob(blobs, ref),
        staged: (ref) => staged?.of(ref) ?? null,
        environment,
      }),
    )
  },
})
