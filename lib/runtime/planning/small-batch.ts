import { isLetterSplit } from '../../checkpoint/dead-letters.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import type { Json } from '../../model/json.ts'
import type { Cut } from '../../model/manifest.ts'
import { SourcePort } from '../../source/source-port.ts'
import type { PlanRequest } from '../planner.ts'

/** What a letter counts as, in bytes. */
const LETTER_BYTES = 1024

/** More keys than this are a batch's work, whatever it reads: a window may touch all of them. */
const KEYS_MAX = 50_000

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
  if (chains.reduce((sum, { keys }) => sum + keys, 0) > KEYS_MAX) return false
  let bytes = 0
  for (const { uid, source } of graph.inputs) {
    const port = new SourcePort(uid, source)
    for (const split of cuts[uid]?.splits ?? []) {
      const known = weightOf(port, split)
      if (known === null) return false
      bytes += known
    }
  }
  return bytes <= smallBytes
}

const weightOf = (source: SourcePort<unknown>, split: Json): number | null =>
  isLetterSplit(split) ? LETTER_BYTES : source.weight(split)
