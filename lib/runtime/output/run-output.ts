import { getBlob } from '../../checkpoint/blobs.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import type { OperatorUid } from '../../model/ids.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { OutputFailure, OutputPublisher } from '../../output/output-publisher.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import { insideOutput } from '../../graph/inside-output.ts'
import type { OutputEnvironment } from '../../graph/output-operation.ts'
import type { StagedRecords } from '../task/staged-records.ts'

/** Shows outputs in this process, where what was `staged` by its tasks need not be read again. */
export function publishHere(
  graph: StreamGraph,
  blobs: BlobStore,
  environment: OutputEnvironment,
  staged: StagedRecords | null = null,
): OutputPublisher {
  const show = async ({ batch, time, outputs, cuts }: Manifest, output: OperatorUid): Promise<void> => {
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
  }
  return {
    count(_batch, answers) {
      for (const { accumulators } of answers)
        environment.driver.accumulators.merge(
          Object.entries(accumulators).map(([accumulator, snapshot]) => ({ accumulator, snapshot })),
        )
    },
    async publish({ manifest }, outputs, hooks) {
      const failed: OutputFailure[] = []
      for (const output of outputs) {
        hooks.started(output)
        try {
          await show(manifest, output)
          hooks.completed(output, null)
        } catch (error) {
          failed.push({ output, error })
          hooks.completed(output, error)
        }
      }
      return failed
    },
  }
}
