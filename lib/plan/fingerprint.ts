import { createHash } from 'node:crypto'
import type { StreamGraph } from '../stream/graph.ts'

/** A short hash of the shape of a graph: kinds, identities, slides and edges. Two builds of one program agree on it. */
export function fingerprint(graph: StreamGraph): string {
  const shape = graph.nodes.map((node) => [node.kind, node.uid, node.slideMs, node.parents.map((parent) => parent.id), node.checkpointMs ?? 0])
  return createHash('sha256').update(JSON.stringify([graph.batchMs, shape])).digest('hex').slice(0, 12)
}
