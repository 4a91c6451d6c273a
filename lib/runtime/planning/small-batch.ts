import type { StreamGraph } from '../../graph/graph.ts'
import type { Cut } from '../../model/manifest.ts'
import { splitWeight } from '../../lineage/leaves.ts'
import { KEYS_OF_SMALL_BATCH, type PlanRequest } from '../planner.ts'

/**
 * Whether one task does the batch as soon as several would: it reads little, and keeps little. A source that does not
 * say how much there is may have much.
 */
export function isSmall(
  graph: StreamGraph,
  cuts: Readonly<Record<string, Cut | null>>,
  { base, smallBytes }: Pick<PlanRequest, 'base' | 'smallBytes'>,
): boolean {
  if (smallBytes === null) return false
  const chains = Object.values(base?.state ?? {}).flatMap((state) => state.chains)
  if (chains.reduce((sum, { keys }) => sum + keys, 0) > KEYS_OF_SMALL_BATCH) return false
  let bytes = 0
  for (const { uid, source } of graph.inputs) {
    for (const split of cuts[uid]?.splits ?? []) {
      const known = splitWeight(source, uid, split)
      if (known === null) return false
      bytes += known
    }
  }
  return bytes <= smallBytes
}
