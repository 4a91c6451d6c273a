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
  text,
  truth,
} from '../../model/shape.ts'
import type { PlannedBatch, PlanRequest } from '../planner.ts'

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
        stages: list(fields({ id: count, partitions: count, parents: list(count), terminal })),
        staged: truth,
        positions: named(anything),
        settled: list(text),
        progress: named(
          fields({ committed: anything, newest: anything, lagRecords: nullOr(finite), lagMs: nullOr(finite) }),
        ),
      }),
    },
    failed: {
      facts: fields({ ...input, positions: named(anything), settled: list(text) }),
      error: fields({ code: text }),
    },
  })(answer)
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
  const { batch, tick, time } = input.kind === 'new' ? input.slot : input.facts
  const { app, inc, epoch, zeroTime } = head
  const identity = { app, inc, epoch, zeroTime, batch, tick, time, graph: fingerprint }
  return {
    ...rest,
    plan: { ...plan, ...identity, state: base?.state ?? {}, retained: base?.retained ?? {} },
    deadLetters: null,
    undecoded: null,
  }
}
