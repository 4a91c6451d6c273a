import { given } from '../../model/given.ts'
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
import type { StagePlan } from '../../plan/stages.ts'
import { StateStore } from '../../state/state-store.ts'
import type { SourceIo } from '../../source/source.ts'
import { SourcePort } from '../../source/source-port.ts'
import type { JobNeeded } from '../../lineage/jobs.ts'
import { idsTo, withLetters } from './dead-letters.ts'
import type { TaskProgram } from '../program.ts'
import { reviveError, serialiseError } from '../task/serialised-error.ts'
import { stagesAfterActions, withAction } from '../task/plan-stages.ts'
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
  /** Letters of what its sources could not decode. */
  readonly undecoded: DeadLetters | null
}

export interface BatchSlot {
  readonly batch: BatchNumber
  readonly tick: TickNumber
  readonly time: number
}

/** What every plan of a coordinator rests on. */
export interface PlanContext {
  readonly head: Head
  readonly base: Manifest | null
  readonly program: TaskProgram
  readonly host: Host<Head>
}

interface CutBatchRequest extends PlanContext {
  readonly slot: BatchSlot
  readonly limitOf: (uid: OperatorUid) => number | null
  /** Files that an attempt of this batch found still being written. */
  readonly unready?: readonly string[]
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

/** What a batch will read: sources are asked what is new. */
export const cutBatch = async (request: CutBatchRequest): Promise<PlanFacts> => ({
  ...request.slot,
  ...(await cutSources(request)),
  actions: {},
})

/** The plan of a batch whose input is decided, before it is known what actions inside `transform` come to. */
export const unstaged = (
  { positions: _positions, settled: _settled, ...facts }: PlanFacts,
  { head, base, program, host }: PlanContext,
): BatchPlan => ({
  ...facts,
  app: head.app,
  inc: head.inc,
  nonce: host.random.newId(),
  epoch: head.epoch,
  graph: program.fingerprint,
  zeroTime: head.zeroTime,
  state: base?.state ?? {},
  retained: base?.retained ?? {},
})

/** The stages of a batch whose input is decided. */
export async function planFrom(facts: PlanFacts, context: PlanContext): Promise<PlannedBatch> {
  const { program, host } = context
  const staged = host.launcher.slots > 1
  const { plan, stagePlan } = await stagesAfterActions(unstaged(facts, context), program, staged, (job, known) =>
    runPlanningJob(job, known, host),
  )
  program.adopt(plan, staged, stagePlan)
  return {
    plan,
    stagePlan,
    staged,
    positions: facts.positions,
    settled: facts.settled,
    deadLetters: null,
    undecoded: null,
  }
}

async function cutSources({
  unready,
  slot,
  head,
  base,
  program,
  host,
  limitOf,
  startedAt,
  letterCommands,
}: CutBatchRequest): Promise<{
  cuts: Record<string, Cut | null>
  positions: Record<string, Json>
  settled: Set<string>
}> {
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
      ...given({ now: now < slot.time && now }),
      committedTime: base?.time ?? null,
      position: positions[uid] ?? null,
      limit: limitOf(uid),
      ...(unready && unready.length > 0 ? { unready } : {}),
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
async function runPlanningJob(job: JobNeeded, plan: BatchPlan, host: Host<Head>): Promise<BatchPlan> {
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
