import { given } from '../../model/given.ts'
import { located } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import type { Cut } from '../../model/manifest.ts'
import type { BatchPlan } from '../../model/task.ts'
import { StateStore } from '../../state/state-store.ts'
import { SourcePort } from '../../source/source-port.ts'
import type { JobNeeded } from '../../lineage/jobs.ts'
import { type PlanFacts, type Planned, type PlannedBatch, type PlanRequest, unstaged } from '../planner.ts'
import { reviveError, serialiseError } from '../serialised-error.ts'
import { withEnds } from '../split-ends.ts'
import { plannedStages, stagesAfterActions, withAction } from '../task/plan-stages.ts'
import type { TaskProgram } from '../task/program.ts'
import { type SourceHost, sourceIo } from '../task/source-io.ts'
import { RunningTask } from '../task/task-scope.ts'
import { idsTo, withLetters } from './letter-splits.ts'
import { isSmall } from './small-batch.ts'
import { progressOf } from './source-progress.ts'

/**
 * What a batch will read and in which stages: sources are asked what is new, and actions inside `transform` run until
 * the lineage is known.
 */
export async function planBatch(request: PlanRequest, program: TaskProgram, host: SourceHost): Promise<Planned> {
  const { input } = request
  const facts =
    input.kind === 'fixed'
      ? input.facts
      : { ...input.slot, ...(await cutSources(input, request, program, host)), actions: {} }
  try {
    return { kind: 'planned', batch: await planFrom(facts, request, program, host) }
  } catch (error) {
    return { kind: 'failed', facts, error }
  }
}

/** The stages of a batch whose input is decided. */
async function planFrom(
  facts: PlanFacts,
  request: PlanRequest,
  program: TaskProgram,
  host: SourceHost,
): Promise<PlannedBatch> {
  const staged = request.slots > 1 && !isSmall(program.graph, facts.cuts, request)
  const first = unstaged(facts, request, program.fingerprint, host.random.newId())
  const { plan, stagePlan } = await stagesAfterActions(first, program, staged, (job, known) =>
    runPlanningJob(job, known, host),
  )
  program.adopt(plan, staged, stagePlan)
  const { positions, settled } = facts
  return {
    plan,
    stages: plannedStages(stagePlan),
    staged,
    positions,
    settled,
    progress: progressOf(program.graph, plan.cuts, host.log, ({ source }) => !source.discovers),
    deadLetters: null,
    undecoded: null,
  }
}

async function cutSources(
  { slot, limits, unready, startedAt, letterCommands }: Extract<PlanRequest['input'], { kind: 'new' }>,
  { head, base }: PlanRequest,
  program: TaskProgram,
  host: SourceHost,
): Promise<Pick<PlanFacts, 'cuts' | 'positions' | 'settled'>> {
  const cuts: Record<string, Cut | null> = {}
  const positions: Record<string, Json> = { ...base?.positions }
  const open = base?.deadLetters ?? []
  const settled = idsTo(letterCommands, 'drop')
  const now = host.clock.now()
  const reachable = program.graph.reachable()
  for (const input of program.graph.inputs) {
    if (!reachable.has(input)) continue
    const { uid, source, place } = input
    const asked = new SourcePort(uid, source).cut({
      time: slot.time,
      intervalMs: head.intervalMs,
      zeroTime: head.zeroTime,
      startedAt,
      ...given({ now: now < slot.time && now }),
      committedTime: base?.time ?? null,
      position: positions[uid] ?? null,
      limit: limits[uid] ?? null,
      ...given({ unready: unready.length > 0 && unready }),
      io: sourceIo(host, head, uid),
    })
    const cut = await asked.catch((error: unknown) => {
      throw located(error, { batch: slot.batch, place })
    })
    const more = cut && withLetters(uid, cut, letterCommands, open)
    cuts[uid] = more && more.cut
    if (cut) positions[uid] = cut.position
    for (const id of more?.ids ?? []) settled.add(id)
  }
  return { cuts, positions, settled: [...settled] }
}

/**
 * One job of one action, over a scratch copy of the state: it must not move before the batch does. What it read, the
 * batch reads as well, up to the same ends.
 */
async function runPlanningJob(job: JobNeeded, plan: BatchPlan, host: SourceHost): Promise<BatchPlan> {
  const spec = { plan, task: 'action', exec: 0, attempt: 0, work: [], inputs: {}, staged: false }
  const scope = new RunningTask(spec, {
    blobs: host.blobs,
    store: new StateStore(),
    shuffleIds: new Map(),
    log: host.log,
    clock: host.clock,
    putState: async (_operator, bytes) => ({ key: 'scratch', len: bytes.length, crc: 0 }),
    sourceIo: (uid) => sourceIo(host, plan, uid),
  })
  try {
    const known = await withAction(job, plan, scope)
    return withEnds(known, [{ ends: scope.ends }])
  } catch (error) {
    throw reviveError(serialiseError(error, { operator: job.operator }), {
      where: { batch: plan.batch },
      did: 'the batch has no plan; it is planned again at the next interval, with the same input',
      next: ['mend the function, then start again with the same directory'],
    })
  }
}
