import type { TickNumber } from '../../model/ids.ts'
import { decideDuty } from '../../checkpoint/decide.ts'
import { putManifest, withPacks } from '../../checkpoint/manifest.ts'
import { kindOf, ObjectKeys } from '../../checkpoint/object-keys.ts'
import { selfCheck } from '../../checkpoint/self-check.ts'
import { committed, halted } from '../../checkpoint/transition.ts'
import type { DeadLetterFacts } from '../../model/dead-letter.ts'
import { isLostForGood } from '../../model/error-codes.ts'
import { isOurs, SluiceError } from '../../model/errors.ts'
import type { BlobRef } from '../../model/refs.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { HeldApp } from './held-app.ts'
import { forgetCarriedOut, letterErrors } from './dead-letters.ts'
import { deliver, showAhead, shrinkBacklog } from './deliver.ts'
import { lossyShuffle, nextManifest, staleWrite } from './next-manifest.ts'
import { opensPlan, openPlan, storedPlan } from './open-plan.ts'
import { planBatch, planFrom, type PlannedBatch, type BatchSlot } from './plan-batch.ts'
import { mayBeARecords, runStages, type StageRun, type TaskDone } from './run-stages.ts'
import { type IsolatedRecords, isolateRecords } from './isolate-records.ts'
import { sealedBatch, withEnds } from './split-ends.ts'

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
  return finishBatch(held, held.writer.head.plan ? await planAgain(held) : await plan(held, tick))
}

async function finishBatch(held: HeldApp, planned: PlannedBatch): Promise<Manifest> {
  const { planned: kept, answers, aside } = await compute(held, planned)
  if (!held.writer.head.plan && opensPlan(held.program.graph) === 'read') await openPlan(held, kept)
  const manifest = await sealManifest(held, kept, answers)
  await showAhead(held, manifest)
  await commit(held, manifest)
  if (aside) for (const error of letterErrors(aside)) held.events.isolated(error)
  countAdditions(held, answers)
  forgetShuffles(held, answers)
  await deliver(held, manifest.manifest)
  held.sweeper.sweep(held.writer.head)
  return manifest.manifest
}

async function plan(held: HeldApp, tick: TickNumber): Promise<PlannedBatch> {
  const { committed: last, zeroTime, intervalMs } = held.writer.head
  const next: BatchSlot = { batch: last + 1, tick, time: zeroTime + tick * intervalMs }
  held.isPlanning = true
  const planned = await planBatch({
    slot: next,
    head: held.writer.head,
    base: held.base,
    program: held.program,
    host: held.host,
    limitOf: held.limitOf,
    startedAt: held.startedAt,
    letterCommands: held.letterCommands,
  })
  held.isPlanning = false
  held.events.submitted(planned.plan, planned.stagePlan.stages.length > 0)
  if (opensPlan(held.program.graph) === 'cut') await openPlan(held, planned)
  return planned
}

/** The plan that somebody left open, with the same input and the same time. */
async function planAgain(held: HeldApp): Promise<PlannedBatch> {
  const planned = await planFrom(await storedPlan(held), {
    head: held.writer.head,
    base: held.base,
    program: held.program,
    host: held.host,
  })
  held.events.submitted(planned.plan, planned.stagePlan.stages.length > 0)
  return planned
}

interface Computed {
  readonly planned: PlannedBatch
  readonly answers: readonly TaskDone[]
  readonly aside: IsolatedRecords | null
}

async function compute(held: HeldApp, planned: PlannedBatch): Promise<Computed> {
  const { plan: batchPlan, stagePlan, staged } = planned
  held.events.started(batchPlan)
  const run: StageRun = {
    plan: batchPlan,
    stagePlan,
    staged,
    launcher: held.host.launcher,
    log: held.host.log,
    attemptsMax: held.attemptsMax,
    speculation: held.speculation,
    clock: held.host.clock,
    late: (answer) => held.sweeper.discard(keysOf(answer), batchPlan.batch),
    signal: held.signal,
  }
  try {
    const answers = await runStages(run)
    return { planned: { ...planned, plan: withEnds(batchPlan, answers) }, answers, aside: null }
  } catch (error) {
    if (isStateLost(error))
      throw await halt(held, error.message, 'its outputs did not run; state is never taken for empty')
    if (held.onError === 'fail' || !(isOurs(error) && mayBeARecords(error)) || held.signal.aborted) throw error
    // A trial is one task, and its stages are numbered as those of one.
    const whole = { ...run, staged: false, stagePlan: held.program.stagesOf(batchPlan, false) }
    const aside = await isolateRecords(whole, () => held.host.random.newId(), error)
    const { plan: kept, letters, ref } = aside
    const deadLetters = ref && { batch: kept.batch, open: groupIds(letters), ref }
    const answers = await runStages({ ...run, plan: kept })
    return { planned: { ...planned, plan: withEnds(kept, answers), deadLetters }, answers, aside }
  }
}

/** Every object that a task wrote. */
function keysOf({ shuffles, state, retained, outputs }: TaskDone): string[] {
  const refs = [
    ...shuffles.map(({ ref }) => ref),
    ...state.flatMap(({ block, window }) => [block?.ref, window?.pane?.ref]),
    ...retained.map(({ ref }) => ref),
    ...outputs.map(({ ref }) => ref),
  ]
  return refs.flatMap((ref) => (ref && ref.inline === undefined ? [ref.key] : []))
}

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
  const { graph } = held.program
  const manifest = await held.admission.complete(
    nextManifest(held.base, sealedBatch(planned, graph), answers, graph),
    held.base,
    {
      host: held.host,
      head: held.writer.head,
    },
  )
  const wrong = selfCheck(held.base, manifest) ?? staleWrite(held.base, answers) ?? lossyShuffle(answers)
  if (wrong)
    throw await halt(
      held,
      `Self-check before commit of batch ${manifest.batch}: ${wrong}.`,
      'its outputs did not run; every object is kept',
    )
  const { app, inc } = held.writer.head
  const keys = new ObjectKeys(app, inc)
  const complete = await withPacks(held.host.blobs, keys, manifest, held.host.random.newId())
  return { manifest: complete, ref: await putManifest(held.host.blobs, keys, complete) }
}

/** The one moment at which the batch becomes true. */
async function commit(
  held: HeldApp,
  { manifest, ref }: { readonly manifest: Manifest; readonly ref: BlobRef },
): Promise<void> {
  const { head } = held.writer
  await held.writer.write((now) => committed(now, { tick: manifest.tick, manifest: ref }), 'commit')
  held.sweeper.superseded(head.manifest, held.base, manifest)
  if (head.plan && head.plan.content.inline === undefined) held.sweeper.discard([head.plan.content.key], manifest.batch)
  held.base = manifest
  forgetCarriedOut(held, manifest)
}

/** Shuffle blocks are of no use once their batch is committed. */
function forgetShuffles(held: HeldApp, answers: readonly TaskDone[]): void {
  const blocks = answers.flatMap((answer) => answer.shuffles).filter((output) => output.ref.inline === undefined)
  held.sweeper.discard(
    blocks.map((output) => output.ref.key),
    held.writer.head.committed,
  )
}

/** What tasks added to accumulators counts once, when their batch is committed. */
function countAdditions(held: HeldApp, answers: readonly TaskDone[]): void {
  for (const { accumulators } of answers) {
    held.program.driver.accumulators.merge(
      Object.entries(accumulators).map(([accumulator, snapshot]) => ({ accumulator, snapshot })),
    )
  }
}
