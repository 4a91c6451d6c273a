import type { AppName } from '../../model/ids.ts'
import { letterFacts } from '../../checkpoint/dead-letters.ts'
import { cutShape, retainedShape, skipShape, stateShape } from '../../checkpoint/check-manifest.ts'
import { refsOf, shapeError } from '../../checkpoint/ref-shape.ts'
import { SluiceError } from '../../model/errors.ts'
import {
  anything,
  both,
  byKind,
  count,
  fields,
  is,
  list,
  maybe,
  named,
  nullOr,
  type Shape,
  text,
  truth,
  whole,
} from '../../model/shape.ts'
import type { TaskSpec } from '../../model/task.ts'
import type { Stage } from '../../plan/stages.ts'

/**
 * The task that a message asks for, once it is known to be one of this app's: whoever may call the function that runs
 * tasks may send it anything. What it names lies below the app and incarnation that it says it belongs to, and so does
 * what it can make the function write. Throws `E_TASK_SPEC` and `E_REF_SCOPE`.
 */
export function checkedTask(value: unknown, app: AppName): TaskSpec {
  const wrong = envelope(value) ?? content(value as TaskSpec)(value)
  if (wrong !== null)
    throw shapeError('E_TASK_SPEC', 'What this function was asked to run is not a task', wrong, 'the call')
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

const envelope = fields({
  plan: fields({
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
  }),
  task: nameInKey,
  exec: count,
  attempt: count,
  work: list(fields({ stage: count, partitions: list(count) })),
  staged: truth,
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
    plan: fields({
      cuts: named(nullOr(cutShape(ref))),
      state: named(stateShape(ref)),
      retained: named(retainedShape(ref)),
    }),
    inputs: named(list(fields({ shuffle: count, ref: ref('shuffle'), counts: list(count), sums: list(count) }))),
  })
}

/** The stage of this number, if it is there and has these partitions. */
export function stageOf(stages: readonly Stage[], { stage: id, partitions }: TaskSpec['work'][number]): Stage {
  const stage = stages[id]
  if (stage && partitions.every((partition) => partition < stage.node.partitions)) return stage
  const what = stage && `Stage ${id} has ${stage.node.partitions} partitions; others were asked for.`
  throw new SluiceError('E_TASK_SPEC', what ?? `The batch has no stage ${id}.`, {
    did: 'the task did not run',
    next: ['deploy all functions together'],
  })
}
