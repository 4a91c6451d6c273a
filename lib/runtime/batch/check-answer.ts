import { own } from '../../model/given.ts'
import { mapOutputs } from '../map-output-shape.ts'
import type { BatchNumber } from '../../model/ids.ts'
import { blockShape, paneShape, versionShape } from '../../checkpoint/check-manifest.ts'
import { writerOf } from '../../checkpoint/object-keys.ts'
import { type Owner, refsOf } from '../../checkpoint/ref-shape.ts'
import { KEY_GROUPS } from '../../keys/key-group.ts'
import type { Cut } from '../../model/manifest.ts'
import type { BlobRef } from '../../model/refs.ts'
import {
  type Misfit,
  anything,
  clauseOf,
  count,
  fields,
  list,
  maybe,
  named,
  nullOr,
  oneOf,
  type Shape,
  text,
  upTo,
  whole,
} from '../../model/shape.ts'
import type { MapOutput, TaskReport, TaskSpec } from '../../model/task.ts'
import { snapshots } from '../accumulator-shape.ts'
import { errorShape } from '../serialised-error.ts'
import type { PlannedStage } from '../planner.ts'

/**
 * What keeps an answer from being used, or null. Answers come from other threads, processes and functions: one that is
 * damaged, belongs to another task, or names objects that its task did not write must fail its attempt here, where
 * another attempt can mend it, and not the batch that would be built from it.
 */
export function faultOfAnswer(answer: unknown, spec: TaskSpec, stages: readonly PlannedStage[]): string | null {
  const wrong = envelope(answer)
  if (wrong !== null) return clauseOf(wrong)
  const report = answer as TaskReport
  if (report.task !== spec.task || report.exec !== spec.exec) return ' belongs to another task'
  if (report.kind === 'failed') return clauseIf(failure(report))
  const unfit = content(spec.plan)(report)
  if (unfit !== null) return clauseOf(unfit)
  return foreignWork(report, spec.plan.batch) ?? otherWork(report, spec, stages)
}

const clauseIf = (wrong: Misfit | null): string | null => wrong && clauseOf(wrong)

function cutOf({ cuts }: TaskSpec['plan'], source: string): Cut | null {
  return own(cuts, source) ?? null
}

type TaskDone = Extract<TaskReport, { kind: 'done' }>

const envelope = fields({ kind: oneOf('done', 'failed'), task: text, exec: count, executionId: text })

const undecodedPart = fields({
  source: text,
  split: text,
  replaced: count,
  skipped: count,
  lettersCount: count,
  letters: list(
    fields({ split: text, index: count, code: text, message: text, path: text, offset: count, bytes: text }),
  ),
  first: fields({ code: text, message: text, path: text }),
  isReceived: maybe(oneOf(true)),
})

const failure = fields({
  error: errorShape,
  read: maybe(named(named(count))),
})

/**
 * Of a `done` answer whose objects are of one app and incarnation. Made once for each: answers come by the thousand,
 * and every one is checked.
 */
function contentOf(owner: Owner): Shape {
  const ref = refsOf(owner)
  const range = { from: upTo(KEY_GROUPS), to: upTo(KEY_GROUPS) }
  return fields({
    shuffles: mapOutputs(ref),
    reduced: list(fields({ shuffle: count, reducer: count, records: count, sum: count })),
    state: list(
      fields({
        operator: text,
        ...range,
        base: list(text),
        block: nullOr(blockShape(ref)),
        keys: count,
        version: maybe(versionShape),
        window: maybe(fields({ pane: nullOr(paneShape(ref)), slideTime: nullOr(whole), keepPanesAfter: whole })),
      }),
    ),
    retained: list(fields({ stream: text, partition: count, ref: ref('state') })),
    outputs: list(fields({ output: text, partition: count, records: count, ref: nullOr(ref('output')) })),
    records: named(named(count)),
    ends: maybe(named(named(anything))),
    accumulators: snapshots,
    stateReads: maybe(fields({ warm: count, cold: count })),
    letters: maybe(ref('dead-letters')),
    undecoded: maybe(list(undecodedPart)),
    blamed: maybe(list(fields({ positions: list(count), error: errorShape }))),
  })
}

let last: { readonly owner: Owner; readonly shape: Shape } | null = null

function content({ app, inc }: TaskSpec['plan']): Shape {
  if (last?.owner.app !== app || last.owner.inc !== inc) last = { owner: { app, inc }, shape: contentOf({ app, inc }) }
  return last.shape
}

/**
 * Names end in the run of the process that writes, and a counter: what another execution wrote is not this one's to
 * answer with.
 */
function foreignWork(answer: TaskDone, batch: BatchNumber): string | null {
  const { executionId, shuffles, state, retained, outputs, letters } = answer
  const isOwn = (ref: BlobRef | null | undefined): boolean =>
    !ref || (executionId !== '' && writerOf(ref.key) === executionId)
  const allOwn =
    shuffles.every(({ ref }) => isOwn(ref)) &&
    retained.every(({ ref }) => isOwn(ref)) &&
    outputs.every(({ ref }) => isOwn(ref)) &&
    isOwn(letters) &&
    state.every(({ block, window }) => isOwn(block?.ref) && isOwn(window?.pane?.ref))
  if (!allOwn) return ' names an object that another execution wrote'
  if (state.every(({ block }) => block === null || block.batch === batch)) return null
  return ' has a state block that is of another batch'
}

/**
 * Whether the answer is to what the task was given: each output and kept stream once per partition, shuffles of its own
 * stages, records of sources in the plan.
 */
function otherWork(
  { shuffles, outputs, retained, records, ends }: TaskDone,
  { work, plan }: TaskSpec,
  stages: readonly PlannedStage[],
): string | null {
  const given = { shuffles: new Map<number, number>(), outputs: new Set<string>(), retained: new Set<string>() }
  for (const { stage, partitions } of work) {
    const { terminal } = stages[stage]!
    if (terminal.kind === 'shuffle') given.shuffles.set(terminal.shuffle, terminal.reducers)
    if (terminal.kind === 'output')
      for (const partition of partitions) given.outputs.add(`${partition} ${terminal.output}`)
    if (terminal.kind === 'retain')
      for (const partition of partitions) given.retained.add(`${partition} ${terminal.stream}`)
  }
  if (!shuffles.every((output) => isGiven(output, given.shuffles))) return ' has a shuffle that is not of its stages'
  if (
    !areSame(
      outputs.map(({ partition, output }) => `${partition} ${output}`),
      given.outputs,
    )
  )
    return ' lacks a partition of an output, or has one too many'
  if (
    !areSame(
      retained.map(({ partition, stream }) => `${partition} ${stream}`),
      given.retained,
    )
  )
    return ' lacks a partition of a kept stream, or has one too many'
  for (const [source, splits] of Object.entries(records)) {
    const cut = cutOf(plan, source)
    let read = 0
    for (const split in splits) read += splits[split]!
    if (!cut || read > (cut.records ?? Infinity)) return ' counts records that are not in the plan'
  }
  for (const [source, found] of Object.entries(ends ?? {})) {
    const cut = cutOf(plan, source)
    const open = new Set(cut?.splits.map((split) => JSON.stringify(split)))
    if (!Object.keys(found).every((split) => open.has(split))) return ' ends a split that is not in the plan'
  }
  return null
}

const isGiven = ({ shuffle, counts, sums, sizes = sums }: MapOutput, shuffles: ReadonlyMap<number, number>): boolean =>
  shuffles.get(shuffle) === counts.length && sums.length === counts.length && sizes.length === counts.length

const areSame = (found: readonly string[], given: ReadonlySet<string>): boolean =>
  found.length === given.size && new Set(found).size === found.length && found.every((each) => given.has(each))
