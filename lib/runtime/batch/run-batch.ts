import { given } from '../../model/given.ts'
import type { TickNumber } from '../../model/ids.ts'
import { carriedOut } from '../../checkpoint/dead-letters.ts'
import { decideDuty } from '../../checkpoint/decide.ts'
import type { StoredSeals } from '../../checkpoint/stored-seals.ts'
import { putManifest, withPacks } from '../../checkpoint/manifest.ts'
import { kindOf, ObjectKeys } from '../../checkpoint/object-keys.ts'
import { selfCheck } from '../../checkpoint/self-check.ts'
import { committed, halted } from '../../checkpoint/transition.ts'
import type { DeadLetterFacts } from '../../model/dead-letter.ts'
import { isLostForGood } from '../../model/error-codes.ts'
import { blamesARecord, hasCode, isOurs, SluiceError } from '../../model/errors.ts'
import type { BlobRef } from '../../model/refs.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { BatchPlan } from '../../model/task.ts'
import { type BatchSlot, type PlanFacts, type PlannedBatch, type PlanRequest, unstaged } from '../planner.ts'
import type { HeldApp } from './held-app.ts'
import { badRecords } from './bad-records.ts'
import { deliver, showBeforeCommit, shrinkBacklog } from './deliver.ts'
import { lossyShuffle, nextManifest, staleWrite } from './next-manifest.ts'
import { opensPlan, openPlan, storedPlan } from './open-plan.ts'
import { isHandover, keysOf, Progress, type Search, seal, sealSearch, storedSeals } from './handover.ts'
import { runStages, type StageRun, type TaskDone } from './run-stages.ts'
import type { IsolatedRecords } from './isolate-records.ts'
import type { KeptUndecoded } from './undecoded.ts'

/**
 * One batch, start to end. Up to the commit nothing can be seen from outside, and whatever was written has names of its
 * own; the commit is one conditional write; after it the outputs show what the manifest fixed. A crash anywhere leaves
 * the next start with either no trace of the batch or all of it, and at most with outputs to show again. Outputs that
 * come before the commit are the exception: for them the plan is fixed first, and whoever comes next runs that plan
 * again.
 */
export async function runBatch(held: HeldApp, tick: TickNumber): Promise<Manifest> {
  if (decideDuty(held.writer.head).kind === 'deliver') await deliver(held, held.base!)
  await shrinkBacklog(held)
  for (let unready: readonly string[] = []; ;) {
    try {
      if (held.writer.head.plan) return await finishBatch(held, await planAgain(held))
      return await finishBatch(held, await plan(held, tick, unready))
    } catch (error) {
      const path = held.writer.head.plan ? null : growingFile(error)
      if (path === null || unready.includes(path)) throw error
      unready = [...unready, path]
    }
  }
}

/** A file that is still being written: the batch is planned again without it, and a later one takes it. */
function growingFile(error: unknown): string | null {
  if (!hasCode(error, 'E_FILE_GROWING')) return null
  return error.where.detail ?? null
}

async function finishBatch(held: HeldApp, first: Planned): Promise<Manifest> {
  const { planned: kept, answers, isolated, progress } = await compute(held, first)
  held.events.computed(answers)
  if (opensPlan(held.program) === 'read') await fixEnds(held, first.planned, kept, progress)
  const { letters: undecoded, events } = await undecodedOf(held, kept.plan, answers)
  const manifest = await sealManifest(held, { ...kept, undecoded }, answers)
  await showBeforeCommit(held, manifest)
  await commit(held, manifest)
  if (isolated) await sayIsolated(held, isolated)
  for (const event of events) held.host.log.event(event)
  held.publisher.count(manifest.manifest.batch, answers)
  forgetShuffles(held, answers)
  await deliver(held, manifest.manifest)
  held.sweeper.sweep(held.writer.stored)
  return manifest.manifest
}

async function sayIsolated(held: HeldApp, isolated: IsolatedRecords): Promise<void> {
  const { letterErrors } = await badRecords()
  for (const error of await letterErrors(held, isolated)) held.events.isolated(error)
}

async function undecodedOf(held: HeldApp, plan: BatchPlan, answers: readonly TaskDone[]): Promise<KeptUndecoded> {
  if (answers.every(({ undecoded = [] }) => undecoded.length === 0)) return { letters: null, events: [] }
  const { keepUndecoded } = await badRecords()
  return keepUndecoded(held, plan, answers)
}

/** What reading has found is fixed before anything of it is shown, also in a plan that was opened with less. */
async function fixEnds(held: HeldApp, first: PlannedBatch, kept: PlannedBatch, progress: Progress): Promise<void> {
  if (!held.writer.head.plan) await openPlan(held, kept)
  else if (JSON.stringify(first.plan.ends) !== JSON.stringify(kept.plan.ends)) await seal(held, kept, progress)
}

/** A plan, and what had to be set aside to come to it. */
interface Planned {
  readonly planned: PlannedBatch
  readonly isolated: Isolated | null
}

/** Records that were set aside, how they were found, and what the batch failed with. */
interface Isolated extends IsolatedRecords {
  readonly search: Search
  readonly failure: unknown
}

async function plan(held: HeldApp, tick: TickNumber, unready: readonly string[]): Promise<Planned> {
  const { committed: last, zeroTime, intervalMs } = held.writer.head
  const next: BatchSlot = { batch: last + 1, tick, time: zeroTime + tick * intervalMs }
  held.isPlanning = true
  const { startedAt, letterCommands } = held
  const limits = held.rates.limits()
  const first = await planAround(held, { kind: 'new', slot: next, limits, unready, startedAt, letterCommands })
  held.isPlanning = false
  held.events.submitted(first.planned, first.planned.stages.length > 0)
  if (opensPlan(held.program) === 'cut') await openPlan(held, first.planned)
  return first
}

/** The plan that somebody left open, with the same input and the same time. */
async function planAgain(held: HeldApp): Promise<Planned> {
  const first = await planAround(held, { kind: 'fixed', facts: await storedPlan(held) })
  held.events.submitted(first.planned, first.planned.stages.length > 0)
  return first
}

/** Only what planning needs: it travels. */
function requestFor({ writer, base, host, program, fanOut }: HeldApp, input: PlanRequest['input']): PlanRequest {
  const { app, inc, epoch, zeroTime, intervalMs } = writer.head
  return {
    head: { app, inc, epoch, zeroTime, intervalMs },
    base: base && {
      time: base.time,
      positions: base.positions,
      state: base.state,
      retained: base.retained,
      ...given({ deadLetters: base.deadLetters }),
    },
    input,
    slots: host.launcher.slots,
    smallBytes: fanOut?.taskBytes ?? null,
    // A plan that must be fixed before its batch runs is not run before that.
    mayRun: opensPlan(program) !== 'cut',
  }
}

/** Actions inside `transform` read records before the stages are known: what makes them fail is set aside as well. */
async function planAround(held: HeldApp, input: PlanRequest['input']): Promise<Planned> {
  const request = requestFor(held, input)
  const planned = await held.planner.plan(request)
  if (planned.kind === 'planned') return { planned: planned.batch, isolated: null }
  const { facts, error } = planned
  const failed = unstaged(facts, request, held.program.fingerprint, held.host.random.newId())
  return planWithout(held, facts, failed, error)
}

/** The plan without the records that made it, or its stages, fail with `error`; throws that if it is not wanted. */
async function planWithout(held: HeldApp, facts: PlanFacts, failed: BatchPlan, error: unknown): Promise<Planned> {
  if (held.onError === 'fail' || !blamesARecord(error) || held.signal.aborted) throw error
  const { isolateRecords, KnownTrials } = await badRecords()
  const { positions, settled } = facts
  const trials = new KnownTrials((await storedSeals(held))?.trials)
  const search: Search = { of: { plan: failed, positions, settled }, trials }
  const isolated = await isolateRecords(runOf(held, failed), trials, () => held.host.random.newId(), error).catch(
    async (thrown: unknown) => {
      if (isHandover(thrown)) await sealSearch(held, search, error)
      throw thrown
    },
  )
  const { skip, ends } = isolated.plan
  const rest: PlanFacts = { ...facts, actions: {}, ...given({ skip, ends }) }
  const again = await held.planner.plan(requestFor(held, { kind: 'fixed', facts: rest }))
  if (again.kind === 'failed') throw again.error
  const planned = again.batch
  const { ref, letters } = isolated
  const deadLetters = ref && { batch: planned.plan.batch, open: groupIds(letters), ref }
  return { planned: { ...planned, deadLetters }, isolated: { ...isolated, search, failure: error } }
}

interface Computed extends Planned {
  readonly progress: Progress
  readonly answers: readonly TaskDone[]
}

async function compute(held: HeldApp, first: Planned): Promise<Computed> {
  const { planned } = first
  held.events.started()
  try {
    return { ...first, ...(await answersTo(held, first, first.isolated ? null : await storedSeals(held))) }
  } catch (error) {
    if (isHandover(error)) throw error
    if (isStateLost(error))
      throw await halt(held, error.message, 'its outputs did not run; state is never taken for empty')
    if (first.isolated) throw error
    const { plan: failed, positions, settled } = planned
    const again = await planWithout(held, { ...failed, positions, settled }, failed, error)
    return { ...again, ...(await answersTo(held, again, null)) }
  }
}

async function answersTo(
  held: HeldApp,
  { planned, isolated }: Planned,
  seals: StoredSeals | null,
): Promise<Pick<Computed, 'planned' | 'answers' | 'progress'>> {
  const { plan: batchPlan, stages, staged, report } = planned
  const progress = new Progress(seals, batchPlan, stages)
  const run = { ...runOf(held, batchPlan), stages, staged }
  const answers = await runStages({ ...run, ...given({ report }) }, progress).catch(async (error: unknown) => {
    // Records that were set aside are not part of a plan that is kept.
    if (isHandover(error) && isolated) await sealSearch(held, isolated.search, isolated.failure)
    else if (isHandover(error)) await seal(held, planned, progress)
    throw error
  })
  return { planned: { ...planned, plan: progress.plan }, answers, progress }
}

/** How this coordinator runs the stages of a plan; trials find them themselves. */
const runOf = (held: HeldApp, of: BatchPlan): StageRun => ({
  plan: of,
  stages: [],
  staged: false,
  launcher: held.host.launcher,
  log: held.host.log,
  attemptsMax: held.attemptsMax,
  speculation: held.speculation,
  clock: held.host.clock,
  late: (answer) => held.sweeper.discard(keysOf(answer), of.batch),
  signal: held.signal,
  life: held.life,
  fanOut: held.fanOut,
  ...given({ advice: held.onError === 'fail' && SET_ASIDE, watch: held.host.watch }),
})

const SET_ASIDE = "or have records that make it throw set aside: app(…, { onError: 'dead-letter' })"

/**
 * State that the last commit names and that is gone or damaged: no attempt will find it, and going on would be to go on
 * without it.
 */
const isStateLost = (error: unknown): error is SluiceError =>
  isOurs(error) && isLostForGood(error.code) && kindOf(error.where.object) === 'state'

/** Nobody runs this app until somebody has looked at it. */
async function halt(held: HeldApp, reason: string, did: string): Promise<SluiceError> {
  await held.writer.write((head) => halted(head, reason), 'halt')
  return new SluiceError('E_HALTED', reason, {
    where: { batch: held.writer.head.committed + 1 },
    did: `not committed; ${did}`,
    next: ['sluice verify <dir>', 'then start again with --resume'],
  })
}

function groupIds(letters: readonly DeadLetterFacts[]): Record<string, string[]> {
  const ids: Record<string, string[]> = {}
  for (const { source, id } of letters) (ids[source] ??= []).push(id)
  return ids
}

/** Writes down what the batch decided, after checking that it adds up. A manifest that does not is never committed. */
async function sealManifest(
  held: HeldApp,
  planned: PlannedBatch,
  answers: readonly TaskDone[],
): Promise<{ manifest: Manifest; ref: BlobRef }> {
  const { program } = held
  const kept = program.inputs.some(({ discovers }) => discovers) ? await held.planner.seal(planned) : planned
  const decided = await held.admission.complete(manifestOf(held, kept, answers), held.base, {
    host: held.host,
    head: held.writer.head,
  })
  const info = held.events.soFar(decided, kept.progress)
  const rates = info && held.rates.learnedAfter(info)
  const manifest: Manifest = { ...decided, ...given({ rates }) }
  const wrong = selfCheck(held.base, manifest) ?? staleWrite(held.base, answers) ?? lossyShuffle(answers)
  if (wrong)
    throw await halt(
      held,
      `Self-check before commit of batch ${manifest.batch}: ${wrong}.`,
      'its outputs did not run; every object is kept',
    )
  const { app, inc } = held.writer.head
  const keys = new ObjectKeys(app, inc)
  const complete = await withPacks(held.host.blobs, keys, manifest, () => held.host.random.newId())
  return { manifest: complete, ref: await putManifest(held.host.blobs, keys, complete, held.manifestInlineMax) }
}

const manifestOf = ({ base, program, writer }: HeldApp, kept: PlannedBatch, answers: readonly TaskDone[]): Manifest =>
  nextManifest(base, kept, answers, program, writer.head.letters)

/** The one moment at which the batch becomes true. */
async function commit(
  held: HeldApp,
  { manifest, ref }: { readonly manifest: Manifest; readonly ref: BlobRef },
): Promise<void> {
  const { head } = held.writer
  await held.writer.write(
    (now) => committed(now, { tick: manifest.tick, manifest: ref, letters: manifest.deadLetters ?? [] }),
    'commit',
  )
  held.sweeper.superseded(head.manifest, held.base, manifest)
  const { content, seals } = head.plan ?? {}
  for (const ref of [content, seals])
    if (ref && ref.inline === undefined) held.sweeper.discard([ref.key], manifest.batch)
  held.base = manifest
  const done = carriedOut(held.letterCommands, manifest)
  held.letterCommands = held.letterCommands.filter((command) => !done.includes(command))
  held.sweeper.discard(
    done.map(({ key }) => key),
    manifest.batch,
  )
}

/** Shuffle blocks are of no use once their batch is committed. */
function forgetShuffles(held: HeldApp, answers: readonly TaskDone[]): void {
  const blocks = answers.flatMap((answer) => answer.shuffles).filter((output) => output.ref.inline === undefined)
  held.sweeper.discard(
    blocks.map((output) => output.ref.key),
    held.writer.head.committed,
  )
}
