import { getBlob } from '../checkpoint/blobs.ts'
import type { BlobStore } from '../host/blob-store.ts'
import type { Manifest } from '../model/manifest.ts'
import type { StreamGraph } from '../stream/graph.ts'
import type { OutputEnvironment } from '../stream/output-operation.ts'

export interface OutputRun {
  readonly output: string
  readonly error: unknown
}

export interface OutputHooks {
  started(output: string): void
  completed(output: string, error: unknown): void
}

/**
 * Shows what a committed manifest fixed, one output operation after the other in order of definition. One that fails does not keep
 * the others from running; the caller is told which. Running this again shows the same content again.
 */
export async function runOutputs(
  manifest: Manifest,
  graph: StreamGraph,
  blobs: BlobStore,
  environment: OutputEnvironment,
  hooks: OutputHooks,
  only: (output: string) => boolean = () => true,
): Promise<OutputRun[]> {
  const failed: OutputRun[] = []
  for (const node of graph.outputs) {
    const parts = manifest.outputs[node.uid]
    if (!(node.uid in manifest.outputs) || !only(node.uid)) continue
    hooks.started(node.uid)
    try {
      await node.output!.publish({ batch: manifest.batch, timeMs: manifest.time, output: node.uid, parts: parts, read: (ref) => getBlob(blobs, ref), environment })
      hooks.completed(node.uid, null)
    } catch (error) {
      failed.push({ output: node.uid, error })
      hooks.completed(node.uid, error)
    }
  }
  return failed
}
