import type { ProgramFacts } from '../model/program-facts.ts'
import type { StreamGraph } from '../graph/graph.ts'
import { anchorsUid } from '../graph/stream-node.ts'
import { retainedStreams } from './batch-view.ts'
import { fingerprint } from './fingerprint.ts'
import { factsOf } from './graph-facts.ts'

/** What of a program a coordinator needs to know: the same in every process that loads it with this configuration. */
export const programFacts = (graph: StreamGraph, conf: ProgramFacts['conf']): ProgramFacts => ({
  fingerprint: fingerprint(graph),
  graph: factsOf(graph),
  intervalMs: graph.batchMs,
  conf,
  inputs: graph.inputs.map((node) => ({
    uid: node.uid,
    receives: node.source.receiver !== undefined,
    discovers: node.source.discovers === true,
    leadsOn: graph.reachable().has(node),
  })),
  outputs: graph.outputs.map(({ uid, operator, place, output }) => ({
    uid,
    operator,
    place,
    guarantee: output.guarantee,
    order: output.order ?? 'after',
    isSink: output.isSink === true,
  })),
  keepMs: keepDurations(graph),
  places: Object.fromEntries(graph.nodes.filter(anchorsUid).map(({ uid, place }) => [uid, place])),
})

/** How long each retained stream is asked for: the longest window that reads it. */
function keepDurations(graph: StreamGraph): Record<string, number> {
  const durations: Record<string, number> = {}
  const keys = retainedStreams(graph)
  for (const node of graph.reachable()) {
    if (node.kind !== 'window') continue
    for (const parent of node.parents) {
      const key = keys.get(parent)!
      durations[key] = Math.max(durations[key] ?? 0, node.window.lengthMs)
    }
  }
  return durations
}
