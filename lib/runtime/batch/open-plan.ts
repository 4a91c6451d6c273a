import { given } from '../../model/given.ts'
import { getBlob, putBlob } from '../../checkpoint/blobs.ts'
import { ObjectKeys } from '../../checkpoint/object-keys.ts'
import { decodePlan, type StoredPlan } from '../../checkpoint/stored-plan.ts'
import { planned as withPlan } from '../../checkpoint/transition.ts'
import type { BlobRef } from '../../model/refs.ts'
import type { ProgramFacts } from '../../model/program-facts.ts'
import type { PlannedBatch, PlanFacts } from '../planner.ts'
import type { HeldApp } from './held-app.ts'

/** Whether anything is shown before the commit, so that the plan must be fixed first. */
export const showsBeforeCommit = ({ outputs }: ProgramFacts): boolean => outputs.some(({ order }) => order === 'before')

/**
 * When the plan is fixed: with the cut, or, where a cut says too little, once the input is read. Either way before
 * anything is shown. `never`: nothing is shown before the commit.
 */
export function opensPlan(facts: ProgramFacts): 'cut' | 'read' | 'never' {
  if (!showsBeforeCommit(facts)) return 'never'
  if (facts.inputs.some(({ discovers }) => discovers)) return 'read'
  return 'cut'
}

/** A plan of this size rides in the head. */
const PLAN_INLINE_MAX = 4096

/** What a plan is opened with. */
export type OpenablePlan = Pick<PlannedBatch, 'plan' | 'positions' | 'settled'>

/** Fixes the plan: from here on, this batch is these records and no others, whoever runs it. */
export async function openPlan(
  held: HeldApp,
  { plan, positions, settled }: OpenablePlan,
  seals?: BlobRef,
): Promise<void> {
  const { head } = held.writer
  const { batch, tick, time, cuts, actions, skip, ends, nonce } = plan
  const stored: StoredPlan = {
    batch,
    tick,
    time,
    cuts,
    positions,
    actions,
    ...given({ skip, ends }),
    settled,
  }
  const content = await putBlob(
    held.host.blobs,
    new ObjectKeys(head.app, head.inc).plan(batch, nonce),
    Buffer.from(JSON.stringify(stored)),
    PLAN_INLINE_MAX,
  )
  const open = {
    nonce,
    tick,
    content,
    ...given({ seals, hidden: !showsBeforeCommit(held.program) && (true as const) }),
  }
  await held.writer.write((now) => withPlan(now, open), 'plan')
}

/** The plan that the head holds open. */
export async function storedPlan(held: HeldApp): Promise<PlanFacts> {
  const { content } = held.writer.head.plan!
  return decodePlan(await getBlob(held.host.blobs, content), content)
}
