import type { BatchNumber, OperatorUid, TickNumber } from '../../model/ids.ts'
import type { StoredCommand } from '../../checkpoint/dead-letters.ts'
import { ObjectKeys } from '../../checkpoint/object-keys.ts'
import type { Host } from '../../host/host.ts'
import type { DeadLetters, RecordNumbers } from '../../model/dead-letter.ts'
import { located } from '../../model/errors.ts'
import type { Head } from '../../model/head.ts'
import type { Json } from '../../model/json.ts'
import type { Cut, Manifest } from '../../model/manifest.ts'
import type { BatchPlan, SplitEnds } from '../../model/task.ts'
import { encodeActionResult } from '../../plan/action-results.ts'
import { PlannedView } from '../../plan/batch-view.ts'
import { planStages, type StagePlan } from '../../plan/stages.ts'
import { StateStore } from '../../state/state-store.ts'
import type { SourceIo } from '../../source/source.ts'
import { SourcePort } from '../../source/source-port.ts'
import { JobNeeded } from '../../lineage/jobs.ts'
import { runPartition } from '../../lineage/node.ts'
import { stoppable } from '../../lineage/resident.ts'
import { idsTo, withLetters } from './dead-letters.ts'
import { exchangeBelow } from '../task/local-shuffles.ts'
import type { TaskProgram } from '../program.ts'
import { RunningTask } from '../task/task-scope.ts'
import { withEnds } from './split-ends.ts'

export interface PlannedBatch {
  readonly plan: BatchPlan
  readonly stagePlan: StagePlan
  readonly staged: boolean
  readonly positions: Readonly<Record<string, Json>>
  /** Dead letters that are dealt with when this batch commits. */
  readonly settled: ReadonlySet<string>
  /** Those that it adds. */
  readonly deadLetters: DeadLetters | null
}

export interface BatchSlot {
  readonly batch: BatchNumber
  readonly tick: TickNumber
  readonly time: number
}

interface PlanRequest {
  readonly slot: BatchSlot
  readonly head: Head
  readonly base: Manifest | null
  readonly program: TaskProgram
  readonly host: Host<Head>
  readonly limitOf: (uid: OperatorUid) => number | null
  /** When this coordinator began: what a stream takes as its time of creation. */
  readonly startedAt: number
  readonly letterCommands: readonly StoredCommand[]
}

/** What of a batch is decided before its stages are known. */
export interface PlanFacts extends BatchSlot {
  readonly cuts: { readonly [source: string]: Cut | null }
  readonly positions: { readonly [source: string]: Json }
  readonly actions: { readonly [operator: string]: readonly string[] }
  readonly skip?: RecordNumbers
  readonly ends?: SplitEnds
  readonly settled: ReadonlySet<string>
}

/**
 * What a batch will read and in which stages: sources are asked what is new, and actions inside `transform` run until
 * the lineage is known.
 */
export async function planBatch(request: PlanRequest): Promise<PlannedBatch> {
  return planFrom({ ...request.slot, ...(await cutSources(request)), actions: {} }, request)
}

/** The stages of a batch whose input is decided. */
export async function planFrom(
  { positions, settled, ...facts }: PlanFacts,
  { head, base, program, host }: Pick<PlanRequest, 'head' | 'base' | 'program' | 'host'>,
): Promise<PlannedBatch> {
  let plan: BatchPlan = {
    ...facts,
    app: head.app,
    inc: head.inc,
    nonce: host.random.newId(),
    epoch: head.epoch,
    graph: program.fingerprint,
    zeroTime: head.zeroTime,
    state: base?.state ?? {},
    retained: base?.retained ?? {},
  }
  const staged = host.launcher.slots > 1
  for (;;) {
    try {
      const stagePlan = planStages(program.graph, new PlannedView(program.graph, plan, program.driver), staged)
      program.adopt(plan, staged, stagePlan)
      return { plan, stagePlan, staged, positions, settled, deadLetters: null }
    } catch (error) {
      if (!(error instanceof JobNeeded)) throw error
      const { result, ends } = await runPlanningJob(error, plan, host)
      plan = {
        ...withEnds(plan, [{ ends }]),
        actions: { ...plan.actions, [error.operator]: [...(plan.actions[error.operator] ?? []), result] },
      }
    }
  }
}

async function cutSources({
  slot,
  head,
  base,
  program,
  host,
  limitOf,
  startedAt,
  letterCommands,
}: PlanRequest): Promise<{ cuts: Record<string, Cut | null>; positions: Record<string, Json>; settled: Set<string> }> {
  const cuts: Record<string, Cut | null> = {}
  const positions: Record<string, Json> = { ...base?.positions }
  const open = base?.deadLetters ?? []
  const settled = idsTo(letterCommands, 'drop')
  const now = host.clock.now()
  const reachable = program.graph.reachable()
  for (const input of program.graph.inputs) {
    if (!reachable.has(input)) continue
    const { uid, source } = input
    const asked = new SourcePort(uid, source).cut({
      time: slot.time,
      intervalMs: head.intervalMs,
      zeroTime: head.zeroTime,
      startedAt,
      ...(now < slot.time ? { now } : {}),
      committedTime: base?.time ?? null,
      position: positions[uid] ?? null,
      limit: limitOf(uid),
      io: sourceIo(host, head, uid),
    })
    const cut = await asked.catch((error: unknown) => {
      throw located(error, { batch: slot.batch })
    })
    const more = cut && withLetters(uid, cut, letterCommands, open)
    cuts[uid] = more && more.cut
    if (cut) positions[uid] = cut.position
    for (const id of more?.ids ?? []) settled.add(id)
  }
  return { cuts, positions, settled }
}

export const sourceIo = (host: Host<Head>, head: Pick<Head, 'app' | 'inc'>, uid: OperatorUid): SourceIo => ({
  blobs: host.blobs,
  clock: host.clock,
  random: host.random,
  log: host.log,
  prefix: new ObjectKeys(head.app, head.inc).source(uid),
})

/**
 * One job of one action, over a scratch copy of the state: it must not move before the batch does. What it read, the
 * batch reads as well, up to the same ends.
 */
async function runPlanningJob(
  job: JobNeeded,
  plan: BatchPlan,
  host: Host<Head>,
): Promise<{ readonly result: string; readonly ends: SplitEnds }> {
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
  await exchangeBelow(job.node, scope)
  const results: unknown[] = []
  for (const split of job.splits) {
    scope.partition.partitionId = split
    const partial = job.newPartial(split)
    await stoppable(() => runPartition(job.node, split, scope, partial.sink))
    results.push(partial.finish())
  }
  return { result: encodeActionResult(results), ends: scope.ends }
}
