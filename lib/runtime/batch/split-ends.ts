import { given } from '../../model/given.ts'
import type { OperatorUid } from '../../model/ids.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import type { RecordNumbers } from '../../model/dead-letter.ts'
import { SluiceError } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import type { Cut } from '../../model/manifest.ts'
import type { BatchPlan, SplitEnds } from '../../model/task.ts'
import { SourcePort } from '../../source/source-port.ts'
import { isLetterSplit } from '../../checkpoint/dead-letters.ts'
import type { PlannedBatch } from './plan-batch.ts'

/**
 * Sources whose splits end where reading finds it (`Source.discovers`). A plan begins with splits that are open. The
 * first execution whose answer is used fixes their ends: from then on the plan has them, and whoever is given the plan
 * reads the same records, be it another stage, a retry or a trial. What is kept, in the manifest and as the position,
 * are the sealed splits alone.
 */
export const discovers = (graph: StreamGraph): boolean => graph.inputs.some(({ source }) => source.discovers)

/**
 * The plan with the ends that these answers found. They are the answers whose results are used: what others found
 * counts for nothing.
 */
export function withEnds(plan: BatchPlan, answers: readonly { readonly ends?: SplitEnds }[]): BatchPlan {
  const ends: Record<string, Record<string, Json>> = {}
  for (const answer of answers)
    for (const [source, found] of Object.entries(answer.ends ?? {}))
      for (const [split, sealed] of Object.entries(found)) addEnd(plan, (ends[source] ??= {}), source, split, sealed)
  if (Object.keys(ends).length === 0) return plan
  const all: Record<string, Record<string, Json>> = { ...plan.ends }
  for (const [source, found] of Object.entries(ends)) all[source] = { ...all[source], ...found }
  return { ...plan, ends: all }
}

function addEnd(plan: BatchPlan, ends: Record<string, Json>, source: OperatorUid, split: string, sealed: Json): void {
  const known = plan.ends?.[source]?.[split] ?? ends[split]
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(sealed)) {
    throw new SluiceError('E_SOURCE_END', `A split of ${source} was read twice, to different ends.`, {
      where: { batch: plan.batch, detail: split },
      did: 'the batch did not commit; its input is read again',
      next: ['report it'],
    })
  }
  ends[split] = sealed
}

/** The batch as it is kept: only what was read, up to where it was read, and positions that go on from there. */
export function sealedBatch(planned: PlannedBatch, graph: StreamGraph): PlannedBatch {
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
  return { ...planned, positions, plan: { ...plan, cuts, ...given({ skip: plan.skip && skip }) } }
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
