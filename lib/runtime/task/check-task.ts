import { cutShape, stateShape } from '../../checkpoint/check-manifest.ts'
import { refBelow, shapeError } from '../../checkpoint/ref-shape.ts'
import { SluiceError } from '../../model/errors.ts'
import {
  anything,
  both,
  count,
  fields,
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
import type { TaskSpec } from '../../model/task.ts'
import type { Stage } from '../../plan/stages.ts'
import { isLetterSplit } from './read-split.ts'

/**
 * The task that a message asks for, once it is known to be one of this app's: whoever may call the function that runs
 * tasks may send it anything. What it names lies below the app and incarnation that it says it belongs to, and so does
 * what it can make the function write. Throws `E_TASK_SPEC` and `E_REF_SCOPE`.
 */
export function checkedTask(value: unknown, app: string): TaskSpec {
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
const nameInKey: Shape = both(text, (value) =>
  /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}$/.test(value as string) ? null : ' is not a plain name',
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
    cuts: named(nullOr(cutShape)),
    actions: named(list(text)),
    skip: maybe(named(named(list(count)))),
    ends: maybe(named(named(anything))),
  }),
  task: nameInKey,
  exec: count,
  attempt: count,
  work: list(fields({ stage: count, partitions: list(count) })),
  staged: truth,
  trial: maybe(
    fields({
      kind: oneOf('count', 'prefix', 'letters'),
      take: maybe(named(named(count))),
      letters: maybe(list(fields({ id: text, source: text, split: text, index: count }))),
    }),
  ),
})

function content({ plan: { app, inc } }: TaskSpec): Shape {
  const ref = refBelow(`${app}/${inc}/`)
  return fields({
    plan: fields({
      cuts: named(nullOr(fields({ splits: list(splitShape(ref)) }))),
      state: named(stateShape(ref)),
      retained: named(list(fields({ time: whole, parts: list(ref) }))),
    }),
    inputs: named(list(fields({ shuffle: count, ref, counts: list(count), sums: list(count) }))),
  })
}

/** A split that names an object of ours, as those of dead letters do, must not name somebody else's. */
const splitShape = (ref: Shape): Shape =>
  both(anything, (split) =>
    isLetterSplit(split) ? fields({ 'sluice.deadLetters': fields({ ref, ids: list(text) }) })(split) : null,
  )

/** The stage of this number, if it is there and has these partitions. */
export function stageOf(stages: readonly Stage[], { stage: id, partitions }: TaskSpec['work'][number]): Stage {
  const stage = stages[id]
  if (stage && partitions.every((partition) => partition < stage.node.partitions)) return stage
  throw new SluiceError(
    'E_TASK_SPEC',
    stage
      ? `Stage ${id} has ${stage.node.partitions} partitions; others were asked for.`
      : `The batch has no stage ${id}.`,
    { did: 'the task did not run', next: ['deploy all functions together'] },
  )
}
