import { given } from '../../model/given.ts'
import { located } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import type { Cut } from '../../model/manifest.ts'
import type { BatchPlan, SplitEnds } from '../../model/task.ts'
import { StateStore } from '../../state/state-store.ts'
import { SourcePort } from '../../source/source-port.ts'
import type { JobNeeded } from '../../lineage/jobs.ts'
import { reviveError, serialiseError } from '../serialised-error.ts'
import {
  type PlanFacts,
  type Planned,
  type PlannedBatch,
  type Planner,
  type PlanRequest,
  unstaged,
  withEnds,
} from '../planner.ts'
import { plannedStages, stagesAfterActions, withAction } from '../task/plan-stages.ts'
import type { LocalShuffles } from '../task/ran-job.ts'
import type { TaskProgram } from '../task/program.ts'
import { type SourceHost, sourceIo } from '../task/read-split.ts'
import { RunningTask } from '../task/task-scope.ts'
import { trackedBlobs } from '../task/tracked-blobs.ts'
import { isSmall } from './small-batch.ts'
import { isLetterSplit, letterSplit, type StoredCommand } from '../../checkpoint/dead-letters.ts'
import type { DeadLetters, RecordNumbers } from '../../model/dead-letter.ts'
import type { OperatorUid } from '../../model/ids.ts'
import type { Log } from '../../host/log.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import type { SourceNode } from '../../graph/stream-node.ts'
import type { SourceProgress } from '../../model/source-progress.ts'

/** Plans in this process, where the program is. */
export class LocalPlanner implements Planner {
  readonly #program: TaskProgram
  readonly #host: SourceHost

  constructor(program: TaskProgram, host: SourceHost) {
    this.#program = program
    this.#host = host
  }

  plan(request: PlanRequest): Promise<Planned> {
    return planBatch(request, this.#program, this.#host)
  }

  async seal(planned: PlannedBatch): Promise<PlannedBatch> {
    return sealedBatch(planned, this.#program.graph, this.#host.log)
  }
}

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
  const { plan, stagePlan } = await stagesAfterActions(first, program, staged, (job, known, shuffles) =>
    runPlanningJob(job, known, shuffles, host),
  )
  program.adopt(plan, staged, stagePlan)
  const { positions, settled } = facts
  return {
    plan,
    stages: plannedStages(stagePlan, staged),
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
async function runPlanningJob(
  job: JobNeeded,
  plan: BatchPlan,
  shuffles: LocalShuffles,
  host: SourceHost,
): Promise<BatchPlan> {
  const spec = { plan, task: 'action', exec: 0, attempt: 0, work: [], inputs: {}, staged: false }
  const { blobs, settled } = trackedBlobs(host.blobs)
  const scope = new RunningTask(spec, {
    blobs,
    store: new StateStore(),
    shuffleIds: new Map(),
    log: host.log,
    clock: host.clock,
    putState: async (_operator, bytes) => ({ key: 'scratch', len: bytes.length, crc: 0 }),
    sourceIo: (uid) => sourceIo({ ...host, blobs }, plan, uid),
  })
  try {
    const known = await withAction(job, plan, scope, shuffles)
    return withEnds(known, [{ ends: scope.ends }])
  } catch (error) {
    const failed = serialiseError(error, { operator: job.operator })
    throw reviveError(failed, {
      where: { batch: plan.batch },
      did: 'the batch has no plan; it is planned again at the next interval, with the same input',
      ...(failed.fault === 'program' && { next: ['mend the function, then start again with the same directory'] }),
    })
  } finally {
    await settled()
  }
}

/**
 * A cut with the dead letters of its source that are to be tried again, as splits of their own, and the ids that
 * the batch deals with by that.
 */
function withLetters(
  source: OperatorUid,
  cut: Cut,
  letterCommands: readonly StoredCommand[],
  open: readonly DeadLetters[],
): { readonly cut: Cut; readonly ids: readonly string[] } {
  const wanted = idsTo(letterCommands, 'retry')
  const taken = open
    .map((letters) => ({ ref: letters.ref, ids: (letters.open[source] ?? []).filter((id) => wanted.has(id)) }))
    .filter(({ ids }) => ids.length > 0)
  if (taken.length === 0) return { cut, ids: [] }
  const splits: Json[] = taken.map(({ ref, ids }) => letterSplit(ref, ids))
  const ids = taken.flatMap((each) => each.ids)
  return {
    cut: {
      ...cut,
      splits: [...cut.splits, ...splits],
      records: cut.records === null ? null : cut.records + ids.length,
    },
    ids,
  }
}

const idsTo = (letterCommands: readonly StoredCommand[], verb: StoredCommand['verb']): Set<string> =>
  new Set(letterCommands.filter((each) => each.verb === verb).flatMap(({ ids }) => ids))

/** How far sources have come with these cuts, by name; those that do not say are left out. */
export function progressOf(
  graph: StreamGraph,
  cuts: Readonly<Record<string, Cut | null>>,
  log: Log,
  wanted: (input: SourceNode) => boolean = () => true,
): Record<string, SourceProgress> {
  const known = graph.inputs.filter(wanted).flatMap((input) => {
    const cut = cuts[input.uid]
    if (!cut) return []
    const progress = progressWith(input, cut, log)
    if (!progress) return []
    return [[input.uid, progress] as const]
  })
  return Object.fromEntries(known)
}

/** A source that cannot say how far it has come fails nothing: its batch is none the worse. */
function progressWith({ uid, source }: SourceNode, cut: Cut, log: Log): SourceProgress | null {
  try {
    return new SourcePort(uid, source).progress(cut)
  } catch (error) {
    log.event({ type: 'error', error })
    return null
  }
}

/** The batch as it is kept: only what was read, up to where it was read, and positions that go on from there. */
function sealedBatch(planned: PlannedBatch, graph: StreamGraph, log: Log): PlannedBatch {
  const { ends, ...plan } = planned.plan
  const cuts: Record<string, Cut | null> = { ...plan.cuts }
  const positions: Record<string, Json> = { ...planned.positions }
  const skip: Record<string, RecordNumbers[string]> = { ...plan.skip }
  for (const { uid, source } of graph.inputs) {
    const cut = cuts[uid]
    if (!cut || !source.discovers) continue
    cuts[uid] = sealedCut(new SourcePort(uid, source), cut, ends?.[uid] ?? {})
    positions[uid] = cuts[uid].position
    if (skip[uid]) skip[uid] = underSealed(skip[uid], ends?.[uid] ?? {})
  }
  const found = progressOf(graph, cuts, log, ({ source }) => source.discovers === true)
  const progress = { ...planned.progress, ...found }
  return { ...planned, positions, progress, plan: { ...plan, cuts, ...given({ skip: plan.skip && skip }) } }
}

function sealedCut(source: SourcePort<unknown>, cut: Cut, ends: SplitEnds[string]): Cut {
  const own: Json[] = []
  const letters: Json[] = []
  for (const split of cut.splits) {
    if (isLetterSplit(split)) letters.push(split)
    else {
      const sealed = ends[JSON.stringify(split)]
      if (sealed !== undefined) own.push(sealed)
    }
  }
  return { ...cut, position: source.sealed(cut.position, own), splits: [...own, ...letters] }
}

const underSealed = (skip: RecordNumbers[string], ends: SplitEnds[string]): RecordNumbers[string] =>
  Object.fromEntries(
    Object.entries(skip).map(([split, numbers]) => [
      ends[split] === undefined ? split : JSON.stringify(ends[split]),
      numbers,
    ]),
  )
