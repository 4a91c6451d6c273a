import { createHash } from 'node:crypto'
import type { StreamGraph } from '../graph/graph.ts'
import { keyedStateOf, type StreamNode } from '../graph/stream-node.ts'

/** A short hash of the shape of a graph: kinds, identities, slides and edges. Two builds of one program agree on it. */
export function fingerprint(graph: StreamGraph): string {
  return createHash('sha256')
    .update(JSON.stringify([graph.batchMs, graph.nodes.map(shapeOf)]))
    .digest('hex')
    .slice(0, 12)
}

/** What of an operator the fingerprint depends on, as plain data. */
export const shapeOf = (node: StreamNode): unknown => [
  node.operator,
  node.uid,
  node.slideMs,
  node.parents.map((parent) => parent.id),
  node.checkpointMs ?? 0,
  ...versionOf(node),
]

function versionOf(node: StreamNode): number[] {
  const version = keyedStateOf(node)?.schema.version ?? 1
  return version > 1 ? [version] : []
}
