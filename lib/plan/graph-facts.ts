import type { GraphFacts, OperatorFacts } from '../model/graph-facts.ts'
import { KEY_GROUPS } from '../keys/key-group.ts'
import type { StreamGraph } from '../graph/graph.ts'
import type { StreamNode } from '../graph/stream-node.ts'
import { retainedStreams } from './batch-view.ts'

/** Two builds of one program give the same text in JSON. */
export function factsOf(graph: StreamGraph): GraphFacts {
  const reachable = graph.reachable()
  const nodes = graph.nodes.filter((node) => reachable.has(node))
  const keeps = retainedStreams(graph)
  return {
    format: 1,
    batchMs: graph.batchMs,
    keyGroups: KEY_GROUPS,
    operators: nodes.map((node) => operatorFacts(node, nodes, keeps)),
  }
}

function operatorFacts(
  node: StreamNode,
  nodes: readonly StreamNode[],
  keeps: ReadonlyMap<StreamNode, string>,
): OperatorFacts {
  const { uid, kind, parents, slideMs, partitioner, schema, window, source, output, readsPast, was } = node
  return {
    uid,
    own: node.anchorsUid === true || output !== undefined,
    named: node.name === uid,
    kind,
    parents: parents.map((parent) => nodes.indexOf(parent)),
    slideMs,
    ...(was === undefined ? {} : { was }),
    ...(partitioner ? { partitioner: { id: partitioner.id ?? 'custom', partitions: partitioner.numPartitions } } : {}),
    ...(schema ? { state: { version: schema.version, migrates: schema.migrate !== null } } : {}),
    ...(window ? { window: { ...window, ...(readsPast ? { keeps: keeps.get(parents[0])! } : {}) } } : {}),
    ...(source
      ? { source: { name: source.name, identity: source.identity ?? null, receives: source.receiver !== undefined } }
      : {}),
    ...(output ? { output: { guarantee: output.guarantee } } : {}),
  }
}
