import { cutShape, skipShape } from '../../checkpoint/check-manifest.ts'
import { refsOf } from '../../checkpoint/ref-shape.ts'
import {
  anything,
  byKind,
  clauseOf,
  count,
  fields,
  finite,
  list,
  maybe,
  named,
  nullOr,
  oneOf,
  text,
  truth,
} from '../../model/shape.ts'
import type { BatchSlot, PlanFacts, PlannedBatch, PlanRequest } from '../planner.ts'
import { errorShape } from '../serialised-error.ts'

/** A plan as it comes back from another process: without what was sent there. */
type AnsweredPlan = Omit<PlannedBatch, 'plan'> & {
  readonly plan: Omit<PlannedBatch['plan'], 'state' | 'retained'>
}

/**
 * What keeps a plan from being used, or null. It comes from a process that runs the program: one that is damaged, or
 * that names objects of another app, must not become a manifest.
 */
export function faultOfPlan(answer: unknown, { head: { app, inc } }: PlanRequest): string | null {
  const ref = refsOf({ app, inc })
  const input = {
    cuts: named(nullOr(cutShape(ref))),
    actions: named(list(text)),
    skip: maybe(skipShape),
    ends: maybe(named(named(anything))),
  }
  const wrong = byKind({
    planned: {
      batch: fields({
        plan: fields({ ...input, nonce: text }),
        stages: list(
          fields({
            id: count,
            partitions: count,
            parents: list(count),
            terminal,
            weights: maybe(list(finite)),
            aligned: maybe(oneOf(true)),
          }),
        ),
        staged: truth,
        positions: named(anything),
        settled: list(text),
        progress,
      }),
    },
    failed: {
      facts: fields({ ...input, positions: named(anything), settled: list(text) }),
      error: errorShape,
    },
  })(answer)
  return wrong && clauseOf(wrong)
}

const progress = named(
  fields({ committed: anything, newest: anything, lagRecords: nullOr(finite), lagMs: nullOr(finite) }),
)

/** What keeps a batch from being used whose ends were found elsewhere, or null. */
export function faultOfSealed(answer: unknown, { app, inc }: Pick<PlannedBatch['plan'], 'app' | 'inc'>): string | null {
  const cuts = named(nullOr(cutShape(refsOf({ app, inc }))))
  const wrong = fields({ plan: fields({ cuts, skip: maybe(skipShape) }), positions: named(anything), progress })(answer)
  return wrong && clauseOf(wrong)
}

const terminal = byKind({
  shuffle: { shuffle: count, reducers: count },
  output: { output: text },
  retain: { stream: text },
  effect: {},
})

/** The plan as the coordinator goes on with it: which batch it is of, and on what it builds, are not the answer's. */
export function adopted(
  { plan, ...rest }: AnsweredPlan,
  { head, base, input }: PlanRequest,
  fingerprint: string,
): PlannedBatch {
  const { app, inc, epoch, zeroTime } = head
  const identity = { app, inc, epoch, zeroTime, ...slotOf(input), graph: fingerprint }
  return {
    ...rest,
    plan: { ...plan, ...identity, state: base?.state ?? {}, retained: base?.retained ?? {} },
    deadLetters: null,
    undecoded: null,
  }
}

/** What a batch reads that could not be planned to its end, as the coordinator goes on with it. */
export const adoptedFacts = (facts: PlanFacts, { input }: PlanRequest): PlanFacts => ({ ...facts, ...slotOf(input) })

function slotOf(input: PlanRequest['input']): BatchSlot {
  const { batch, tick, time } = input.kind === 'new' ? input.slot : input.facts
  return { batch, tick, time }
}
