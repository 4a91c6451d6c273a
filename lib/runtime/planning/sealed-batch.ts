import { given } from '../../model/given.ts'
import { isLetterSplit } from '../../checkpoint/dead-letters.ts'
import type { Log } from '../../host/log.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import type { RecordNumbers } from '../../model/dead-letter.ts'
import type { Json } from '../../model/json.ts'
import type { Cut } from '../../model/manifest.ts'
import type { SplitEnds } from '../../model/task.ts'
import { SourcePort } from '../../source/source-port.ts'
import type { PlannedBatch } from '../planner.ts'
import { progressOf } from './source-progress.ts'

/** The batch as it is kept: only what was read, up to where it was read, and positions that go on from there. */
export function sealedBatch(planned: PlannedBatch, graph: StreamGraph, log: Log): PlannedBatch {
  const { ends, ...plan } = planned.plan
  const cuts: Record<string, Cut | null> = { ...plan.cuts }
  const positions: Record<string, Json> = { ...planned.positions }
  const skip: Record<string, RecordNumbers[string]> = { ...plan.skip }
  for (const { uid, source } of graph.inputs) {
    const cut = cuts[uid]
    if (!cut || !source.discovers) continue
    cuts[uid] = sealedCut(new SourcePort(uid, source), cut, ends?.[uid] ?? {})
    positions[uid] = cuts[uid].position
    if (skip[uid]) skip[uid] = underSealed(skip[uid], ends?.[uid] ?? {})
  }
  const found = progressOf(graph, cuts, log, ({ source }) => source.discovers === true)
  const progress = { ...planned.progress, ...found }
  return { ...planned, positions, progress, plan: { ...plan, cuts, ...given({ skip: plan.skip && skip }) } }
}

function sealedCut(source: SourcePort<unknown>, cut: Cut, ends: SplitEnds[string]): Cut {
  const own: Json[] = []
  const letters: Json[] = []
  for (const split of cut.splits) {
    if (isLetterSplit(split)) letters.push(split)
    else {
      const sealed = ends[JSON.stringify(split)]
      if (sealed !== undefined) own.push(sealed)
    }
  }
  return { ...cut, position: source.sealed(cut.position, own), splits: [...own, ...letters] }
}

const underSealed = (skip: RecordNumbers[string], ends: SplitEnds[string]): RecordNumbers[string] =>
  Object.fromEntries(
    Object.entries(skip).map(([split, numbers]) => [
      ends[split] === undefined ? split : JSON.stringify(ends[split]),
      numbers,
    ]),
  )
