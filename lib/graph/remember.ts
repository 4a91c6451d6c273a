import type { StreamGraph } from './graph.ts'
import { type StateNode, type StreamNode, windowOf } from './stream-node.ts'

/**
 * Spark's default for streams that must be checkpointed: the first multiple of the slide that is at least 10 s (parity
 * A7.4).
 */
export const defaultCheckpointMs = (slideMs: number): number => slideMs * Math.ceil(10_000 / slideMs)

/**
 * How often a stateful stream takes part in a checkpoint: its timeouts are looked at then, and it remembers twice as
 * long.
 */
export const checkpointMsOf = (node: StreamNode): number | null =>
  node.checkpointMs ?? (isStateful(node) ? node.defaultCheckpointMs(node.slideMs) : null)

/** State must be kept: Spark demands a checkpoint directory, and gives a default checkpoint interval. */
const isStateful = <N extends StreamNode>(node: N): node is N & Pick<StateNode, 'defaultCheckpointMs'> =>
  node.kind === 'state' || (node.kind === 'reduced-window' && node.defaultCheckpointMs !== null)

/**
 * How long past batches of each stream are kept (parity A7.1, A7.2): its own slide, what the user asked for, twice the
 * checkpoint interval, and whatever a consumer needs: its own remember duration, plus the window's length for windows.
 */
export function rememberDurations(graph: StreamGraph): Map<StreamNode, number> {
  const remember = new Map<StreamNode, number>()
  const need = (node: StreamNode, ms: number): void => {
    remember.set(node, Math.max(remember.get(node) ?? 0, ms))
  }
  for (const node of graph.nodes.toReversed()) {
    const checkpointMs = checkpointMsOf(node)
    need(
      node,
      Math.max(node.slideMs, graph.rememberMs ?? 0, node.rememberMs ?? 0, checkpointMs === null ? 0 : 2 * checkpointMs),
    )
    for (const parent of node.parents) need(parent, remember.get(node)! + (windowOf(node)?.lengthMs ?? 0))
  }
  return remember
}
