import { type Packed, PACKED_BYTES_MAX, pack, unpack } from '../../adapters/aws/lambda/packed.ts'
import { ObjectKeys } from '../../checkpoint/object-keys.ts'
import { refsOf, callError } from '../../checkpoint/ref-shape.ts'
import type { BlobStore } from '../../host/blob-store.ts'
import type { Head } from '../../model/head.ts'
import { anything, byKind, fields, type Shape, text, truth } from '../../model/shape.ts'
import { given } from '../../model/given.ts'
import type { TaskReport } from '../../model/task.ts'
import { LocalPlanner } from '../../runtime/planning/plan-batch.ts'
import { serialiseError } from '../../runtime/serialised-error.ts'
import { checkedPlan, checkedPlanRequest } from '../../runtime/task/check-task.ts'
import { runTask } from '../../runtime/task/run-task.ts'
import { sourceIo } from '../../runtime/task/read-split.ts'
import { type PlannedBatch, type PlanRequest, WHOLE, wholeBatch, withEnds } from '../../runtime/planner.ts'
import { SourcePort } from '../../source/source-port.ts'
import {
  type Answer,
  type DescribedProgram,
  otherGraph,
  type PlanAnswer,
  type PlanningCall,
  type Sealed,
} from '../lambda/calls.ts'
import type { AwsHost } from '../lambda/host.ts'
import { appFacts } from '../program/app-facts.ts'
import type { BuiltApp } from '../program/built-program.ts'
import { checkIncarnation } from './incarnation.ts'

/** What the program's next batch is, and what its sources found. */
export async function answerPlanningCall(call: PlanningCall, app: BuiltApp, host: AwsHost): Promise<Packed<unknown>> {
  try {
    return await answerOf(checkedKind(call, app.name), app, host)
  } catch (error) {
    return { value: { kind: 'failed', error: serialiseError(error) } }
  }
}

async function answerOf(call: PlanningCall, app: BuiltApp, host: AwsHost): Promise<Packed<Answer<unknown>>> {
  const planner = new LocalPlanner(app.program, host)
  switch (call.kind) {
    case 'describe':
      return { value: done({ app: app.name, facts: appFacts(app) } satisfies DescribedProgram) }
    case 'plan': {
      const { fingerprint } = app.program
      if (call.fingerprint !== fingerprint) throw otherGraph(fingerprint, call.fingerprint, 'nothing was planned')
      const request = checkedPlanRequest(await unpack(call.request, host.blobs), app.name)
      await checkIncarnation(request.head, app, host)
      return packed(await planned(request, call.runs, app, host), request.head, host)
    }
    case 'seal': {
      const batch = await unpack(call.planned, host.blobs)
      checkedPlan(batch.plan, app.name)
      return packed(await planner.seal(batch), batch.plan, host)
    }
  }
}

async function planned(request: PlanRequest, runs: boolean, app: BuiltApp, host: AwsHost): Promise<PlanAnswer> {
  const unneeded = await tellSources(request, app, host)
  const planner = new LocalPlanner(app.program, host)
  const answer = await planner.plan(request)
  if (answer.kind === 'failed')
    return { planned: { ...answer, error: serialiseError(answer.error) }, report: null, unneeded }
  const { batch } = answer
  const { state: _state, retained: _retained, ...plan } = batch.plan
  const report = runs && !batch.staged ? await firstAttempt(batch, app, host) : null
  const sealed = await sealedAfter(report, batch, planner, app)
  return { planned: { kind: 'planned', batch: { ...batch, plan } }, report, unneeded, ...given({ sealed }) }
}

/** What reading has found out is known here: the coordinator need not ask for it. */
async function sealedAfter(
  report: TaskReport | null,
  batch: PlannedBatch,
  planner: LocalPlanner,
  { program }: BuiltApp,
): Promise<Sealed | null> {
  if (report?.kind !== 'done' || !program.graph.inputs.some(({ source }) => source.discovers)) return null
  const { plan, positions, progress } = await planner.seal({ ...batch, plan: withEnds(batch.plan, [report]) })
  return { positions, progress, plan: { cuts: plan.cuts, ...given({ skip: plan.skip }) } }
}

const firstAttempt = ({ plan, stages }: PlannedBatch, { program }: BuiltApp, host: AwsHost): Promise<TaskReport> =>
  runTask(
    { plan, task: WHOLE, exec: 0, attempt: 0, work: wholeBatch(stages), inputs: {}, staged: false },
    program,
    host,
  )

/**
 * Batches up to the base of a plan are done: sources may let go of what only those needed. This function may not
 * delete, so it says what.
 */
async function tellSources({ head, base }: PlanRequest, { program }: BuiltApp, host: AwsHost): Promise<string[]> {
  const unneeded: string[] = []
  if (!base) return unneeded
  for (const { uid, source } of program.graph.inputs) {
    const position = base.positions[uid]
    if (position === undefined) continue
    const io = sourceIo({ ...host, blobs: deletingLater(host.blobs, unneeded) }, head, uid)
    await new SourcePort(uid, source).committed(position, io)
  }
  return unneeded
}

const deletingLater = (blobs: BlobStore, unneeded: string[]): BlobStore => ({
  putNew: (key, bytes) => blobs.putNew(key, bytes),
  get: (key) => blobs.get(key),
  getRange: (key, offset, length) => blobs.getRange(key, offset, length),
  list: (prefix) => blobs.list(prefix),
  delete: async (key) => void unneeded.push(key),
})

/** Whoever may call this function may send it anything. */
function checkedKind(call: PlanningCall, app: string): PlanningCall {
  const part: Shape = (value) => {
    if (fields({ value: anything })(value) === null) return null
    return fields({ ref: refsOf({ app })('message') })(value)
  }
  const wrong = byKind({
    describe: {},
    plan: { app: text, fingerprint: text, runs: truth, request: part },
    seal: { planned: part },
  })(call)
  if (wrong === null) return call
  throw callError('What this function was asked for is not its work', wrong)
}

const done = <T>(value: T): Answer<T> => ({ kind: 'done', value })

function packed(
  value: unknown,
  { app, inc, ...rest }: Pick<Head, 'app' | 'inc'> & { readonly batch?: number },
  { blobs, random }: AwsHost,
): Promise<Packed<Answer<unknown>>> {
  const key = new ObjectKeys(app, inc).message(rest.batch ?? 0, random.newId())
  return pack(done(value), blobs, key, 2 * PACKED_BYTES_MAX)
}
