import type { GraphFacts, OperatorFacts } from '../model/graph-facts.ts'
import { KEY_GROUPS } from '../keys/key-group.ts'
import type { StreamGraph } from '../graph/graph.ts'
import {
  anchorsUid,
  keyedStateOf,
  type SourceNode,
  type StateNode,
  type StreamNode,
  windowOf,
} from '../graph/stream-node.ts'
import { retainedStreams } from './batch-view.ts'

/** Two builds of one program give the same text in JSON. */
export function factsOf(graph: StreamGraph): GraphFacts {
  const reachable = graph.reachable()
  const nodes = graph.nodes.filter((node) => reachable.has(node))
  const numbers = new Map(nodes.map((node, number) => [node, number]))
  const keeps = retainedStreams(graph)
  return {
    format: 1,
    batchMs: graph.batchMs,
    keyGroups: KEY_GROUPS,
    operators: nodes.map((node) => operatorFacts(node, numbers, keeps)),
  }
}

function operatorFacts(
  node: StreamNode,
  numbers: ReadonlyMap<StreamNode, number>,
  keeps: ReadonlyMap<StreamNode, string>,
): OperatorFacts {
  const { uid, operator, parents, slideMs, was } = node
  const keyed = keyedStateOf(node)
  const window = windowOf(node)
  return {
    uid,
    own: anchorsUid(node),
    named: node.name === uid,
    kind: operator,
    parents: parents.map((parent) => numbers.get(parent)!),
    slideMs,
    ...(was === undefined ? {} : { was }),
    ...(keyed ? keyedFacts(keyed) : {}),
    ...(window ? { window: { ...window, ...(node.kind === 'window' ? { keeps: keeps.get(parents[0]!)! } : {}) } } : {}),
    ...(node.kind === 'source' ? { source: sourceFacts(node) } : {}),
    ...(node.kind === 'output' ? { output: { guarantee: node.output.guarantee } } : {}),
  }
}

const keyedFacts = ({ partitioner, schema }: Pick<StateNode, 'partitioner' | 'schema'>) => ({
  partitioner: { id: partitioner.id ?? 'custom', partitions: partitioner.numPartitions },
  state: { version: schema.version, migrates: schema.migrate !== null },
})

const sourceFacts = ({ source }: SourceNode) => ({
  name: source.name,
  identity: source.identity ?? null,
  receives: source.receiver !== undefined,
})
