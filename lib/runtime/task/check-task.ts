import { mapOutputs } from '../map-output-shape.ts'
import type { AppName } from '../../model/ids.ts'
import { letterFacts } from '../../checkpoint/dead-letters.ts'
import { cutShape, retainedShape, skipShape, stateShape } from '../../checkpoint/check-manifest.ts'
import { lettersShape, type RefShape, refsOf, callError } from '../../checkpoint/ref-shape.ts'
import { SluiceError } from '../../model/errors.ts'
import {
  anything,
  both,
  byKind,
  count,
  fields,
  finite,
  is,
  list,
  maybe,
  named,
  nullOr,
  oneOf,
  type Shape,
  text,
  truth,
  whole,
} from '../../model/shape.ts'
import type { BatchPlan, TaskSpec } from '../../model/task.ts'
import type { PlanRequest } from '../planner.ts'

/**
 * The task that a message asks for, once it is known to be one of this app's: whoever may call the function that runs
 * tasks may send it anything. What it names lies below the app and incarnation that it says it belongs to, and so does
 * what it can make the function write. Throws `E_TASK_SPEC` and `E_REF_SCOPE`.
 */
export function checkedTask(value: unknown, app: AppName): TaskSpec {
  const wrong = envelope(value) ?? content(value as TaskSpec)(value)
  if (wrong !== null) throw callError('What this function was asked to run is not a task', wrong)
  const spec = value as TaskSpec
  if (spec.plan.app === app) return spec
  throw new SluiceError('E_TASK_SPEC', 'This function was asked to run a task of another app.', {
    where: { batch: spec.plan.batch },
    did: 'the task did not run',
    next: ['let the coordinator of this app call this function'],
  })
}

/** Becomes part of names of objects. */
const nameInKey: Shape = both(
  text,
  is<string>((value) => /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/.test(value), 'is not a plain name'),
)

const planEnvelope = fields({
  app: nameInKey,
  inc: nameInKey,
  batch: count,
  tick: count,
  time: whole,
  nonce: text,
  epoch: count,
  graph: text,
  zeroTime: whole,
  actions: named(list(text)),
  skip: maybe(skipShape),
  ends: maybe(named(named(anything))),
})

const planContent = (ref: RefShape): Shape =>
  fields({
    cuts: named(nullOr(cutShape(ref))),
    state: named(stateShape(ref)),
    retained: named(retainedShape(ref)),
  })

const envelope = fields({
  plan: planEnvelope,
  task: nameInKey,
  exec: count,
  attempt: count,
  work: list(fields({ stage: count, partitions: list(count) })),
  staged: truth,
  inlineBytes: maybe(count),
  trial: maybe(
    byKind({
      count: {},
      prefix: { take: named(named(count)) },
      blame: { starts: named(named(count)), without: list(count), max: count },
      letters: { letters: list(letterFacts) },
    }),
  ),
})

function content({ plan: { app, inc } }: TaskSpec): Shape {
  const ref = refsOf({ app, inc })
  return fields({
    plan: planContent(ref),
    inputs: named(mapOutputs(ref)),
  })
}

/** A plan that somebody sent, once it is known to be one of this app's. Throws as `checkedTask`. */
export function checkedPlan(value: unknown, app: string): BatchPlan {
  const { inc } = (value ?? {}) as BatchPlan
  return checkedCall(value, app, planEnvelope, planContent(refsOf({ app, inc }))) as BatchPlan
}

/** What planning is asked for, once it is known to be about this app. Throws as `checkedTask`. */
export function checkedPlanRequest(value: unknown, app: string): PlanRequest {
  const { head } = (value ?? {}) as PlanRequest
  const ref = refsOf({ app, inc: head?.inc })
  checkedCall(head, app, headShape, anything)
  return checkedCall(value, app, anything, requestShape(ref)) as PlanRequest
}

const headShape = fields({ app: nameInKey, inc: nameInKey, epoch: count, zeroTime: whole, intervalMs: count })

const requestShape = (ref: RefShape): Shape =>
  fields({
    base: nullOr(
      fields({
        time: whole,
        positions: named(anything),
        state: named(stateShape(ref)),
        retained: named(retainedShape(ref)),
        deadLetters: maybe(list(lettersShape(ref))),
      }),
    ),
    slots: count,
    smallBytes: nullOr(count),
    mayRun: truth,
    input: byKind({
      new: {
        slot: fields({ batch: count, tick: count, time: whole }),
        limits: named(nullOr(count)),
        unready: list(text),
        startedAt: finite,
        letterCommands: list(fields({ verb: oneOf('retry', 'drop'), ids: list(text) })),
      },
      fixed: {
        facts: fields({
          batch: count,
          tick: count,
          time: whole,
          cuts: named(nullOr(cutShape(ref))),
          positions: named(anything),
          actions: named(list(text)),
          skip: maybe(skipShape),
          ends: maybe(named(named(anything))),
          settled: list(text),
        }),
      },
    }),
  })

function checkedCall(value: unknown, app: string, first: Shape, second: Shape): unknown {
  const wrong = first(value) ?? second(value)
  if (wrong !== null) throw callError('What this function was asked for is not its work', wrong)
  const named = (value as { readonly app?: string }).app
  if (named === undefined || named === app) return value
  throw new SluiceError('E_TASK_SPEC', 'This function was asked to plan a batch of another app.', {
    did: 'nothing was planned',
    next: ['let the coordinator of this app call this function'],
  })
}
