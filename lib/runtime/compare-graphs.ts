import type { GraphFacts } from '../model/graph-facts.ts'
import type { StateChange } from '../model/manifest.ts'
import { differencesOf, type Kept } from './decide-difference.ts'
import type { Judged } from './graph-difference.ts'
import { type Finding, worded } from './word-difference.ts'

/** Whether a changed program may go on from what another version of it has stored. */
export type GraphVerdict = 'same' | 'allowed' | 'migrate' | 'refuse'

export interface Comparison {
  readonly verdict: GraphVerdict
  readonly judged: readonly Judged[]
  /** The same in words. */
  readonly findings: readonly Finding[]
  /** What has to happen to the manifest before the new graph can go on from it. */
  readonly change: StateChange
}

/**
 * Compares the graph that made the last manifest with the one that wants to go on. `droppable` names operators whose
 * state and sources whose position may be given up where they do not fit: it is a permission, so that leaving it in
 * place does no harm.
 */
export function compareGraphs(
  stored: GraphFacts,
  current: GraphFacts,
  kept: Kept,
  droppable: readonly string[] = [],
): Comparison {
  const { judged, change } = differencesOf(stored, current, kept, droppable)
  return { verdict: verdictOver(judged), judged, findings: judged.map(worded), change }
}

function verdictOver(judged: readonly Judged[]): GraphVerdict {
  const verdicts = new Set(judged.map(({ verdict }) => verdict))
  if (verdicts.has('refuse')) return 'refuse'
  if (verdicts.has('migrate')) return 'migrate'
  return verdicts.size > 0 ? 'allowed' : 'same'
}
