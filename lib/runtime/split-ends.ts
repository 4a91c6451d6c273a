import { SluiceError } from '../model/errors.ts'
import type { Json } from '../model/json.ts'
import type { BatchPlan, SplitEnds } from '../model/task.ts'

/**
 * Sources whose splits end where reading finds it (`Source.discovers`). A plan begins with splits that are open. The
 * first execution whose answer is used fixes their ends: from then on the plan has them, and whoever is given the plan
 * reads the same records, be it another stage, a retry or a trial. What is kept, in the manifest and as the position,
 * are the sealed splits alone.
 *
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

function addEnd(plan: BatchPlan, ends: Record<string, Json>, source: string, split: string, sealed: Json): void {
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
