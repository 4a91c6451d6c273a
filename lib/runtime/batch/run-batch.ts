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
import type { Coordination } from './coordination.ts'
import { forgetGranted, letterErrors } from './dead-letters.ts'
import { deliver, showAhead, shrinkBacklog } from './deliver.ts'
import { lossyShuffle, nextManifest, staleWrite } from './next-manifest.ts'
import { opensPlan, openPlan, storedPlan } from './open-plan.ts'
import { planBatch, planFrom, type PlannedBatch, type Tick } from './plan-batch.ts'
import { mayBeARecords, runStages, type StageRun, type TaskDone } from './run-stages.ts'
import { type SetAside, setAside } from './set-aside.ts'
import { sealedBatch, withEnds } from './split-ends.ts'

/**
 * One batch, start to end. Up to the commit nothing can be seen from outside, and whatever was written has names of its
 * own; the commit is one conditional write; after it the outputs show what the manifest fixed. A crash anywhere leaves
 * the next start with either no trace of the batch or all of it, and at most with outputs to show again. Outputs that
 * come before the commit are the exception: for them the plan is fixed first, and whoever comes next runs that plan
 * again.
 */
export async function runBatch(c: Coordination, tick: number): Promise<Manifest> {
  if (decideDuty(c.writer.head).kind === 'deliver') await deliver(c, c.base!)
  await shrinkBacklog(c)
  return finishBatch(c, c.writer.head.plan ? await planAgain(c) : await plan(c, tick))
}

async function finishBatch(c: Coordination, planned: PlannedBatch): Promise<Manifest> {
  const { planned: kept, answers, aside } = await compute(c, planned)
  if (!c.writer.head.plan && opensPlan(c.program.graph) === 'read') await openPlan(c, kept)
  const manifest = await fix(c, kept, answers)
  await showAhead(c, manifest)
  await commit(c, manifest)
  if (aside) for (const error of letterErrors(aside)) c.events.setAside(error)
  countAdditions(c, answers)
  forgetShuffles(c, answers)
  await deliver(c, manifest.manifest)
  c.sweeper.sweep(c.writer.head)
  return manifest.manifest
}

async function plan(c: Coordination, tick: number): Promise<PlannedBatch> {
  const { committed: last, zeroTime, intervalMs } = c.writer.head
  const next: Tick = { batch: last + 1, tick, time: zeroTime + tick * intervalMs }
  c.isPlanning = true
  const planned = await planBatch({
    tick: next,
    head: c.writer.head,
    base: c.base,
    program: c.program,
    host: c.host,
    limitOf: c.limitOf,
    startedAt: c.startedAt,
    wishes: c.wishes,
  })
  c.isPlanning = false
  c.events.submitted(planned.plan, planned.stages.stages.length > 0)
  if (opensPlan(c.program.graph) === 'cut') await openPlan(c, planned)
  return planned
}

/** The plan that somebody left open, with the same input and the same time. */
async function planAgain(c: Coordination): Promise<PlannedBatch> {
  const planned = await planFrom(await storedPlan(c), {
    head: c.writer.head,
    base: c.base,
    program: c.program,
    host: c.host,
  })
  c.events.submitted(planned.plan, planned.stages.stages.length > 0)
  return planned
}

interface Computed {
  readonly planned: PlannedBatch
  readonly answers: readonly TaskDone[]
  readonly aside: SetAside | null
}

async function compute(c: Coordination, planned: PlannedBatch): Promise<Computed> {
  const { plan: batchPlan, stages, staged } = planned
  c.events.started(batchPlan)
  const run: StageRun = {
    plan: batchPlan,
    stages,
    staged,
    launcher: c.host.launcher,
    log: c.host.log,
    attemptsMax: c.attemptsMax,
    speculation: c.speculation,
    clock: c.host.clock,
    late: (answer) => c.sweeper.litter(keysOf(answer), batchPlan.batch),
    signal: c.signal,
  }
  try {
    const answers = await runStages(run)
    return { planned: { ...planned, plan: withEnds(batchPlan, answers) }, answers, aside: null }
  } catch (error) {
    if (isStateLost(error))
      throw await halt(c, error.message, 'its outputs did not run; state is never taken for empty')
    if (c.onError === 'fail' || !(isOurs(error) && mayBeARecords(error)) || c.signal.aborted) throw error
    // A trial is one task, and its stages are numbered as those of one.
    const whole = { ...run, staged: false, stages: c.program.stagesOf(batchPlan, false) }
    const aside = await setAside(whole, () => c.host.random.newId(), error)
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
async function halt(c: Coordination, reason: string, did: string): Promise<SluiceError> {
  await c.writer.write(halted(c.writer.head, reason), 'halt')
  return new SluiceError('E_HALTED', reason, {
    where: { batch: c.writer.head.committed + 1 },
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
async function fix(
  c: Coordination,
  planned: PlannedBatch,
  answers: readonly TaskDone[],
): Promise<{ manifest: Manifest; ref: BlobRef }> {
  const { graph } = c.program
  const manifest = await c.admission.complete(
    nextManifest(c.base, sealedBatch(planned, graph), answers, graph),
    c.base,
    {
      host: c.host,
      head: c.writer.head,
    },
  )
  const wrong = selfCheck(c.base, manifest) ?? staleWrite(c.base, answers) ?? lossyShuffle(answers)
  if (wrong)
    throw await halt(
      c,
      `Self-check before commit of batch ${manifest.batch}: ${wrong}.`,
      'its outputs did not run; every object is kept',
    )
  const { app, inc } = c.writer.head
  const keys = new ObjectKeys(app, inc)
  const complete = await withPacks(c.host.blobs, keys, manifest, c.host.random.newId())
  return { manifest: complete, ref: await putManifest(c.host.blobs, keys, complete) }
}

/** The one moment at which the batch becomes true. */
async function commit(
  c: Coordination,
  { manifest, ref }: { readonly manifest: Manifest; readonly ref: BlobRef },
): Promise<void> {
  const { head } = c.writer
  await c.writer.write(committed(head, { tick: manifest.tick, manifest: ref, leaseUntil: c.leaseUntil() }), 'commit')
  c.sweeper.superseded(head.manifest, c.base, manifest)
  if (head.plan && head.plan.content.inline === undefined) c.sweeper.litter([head.plan.content.key], manifest.batch)
  c.base = manifest
  forgetGranted(c, manifest)
}

/** Shuffle blocks are of no use once their batch is committed. */
function forgetShuffles(c: Coordination, answers: readonly TaskDone[]): void {
  const blocks = answers.flatMap((answer) => answer.shuffles).filter((output) => output.ref.inline === undefined)
  c.sweeper.litter(
    blocks.map((output) => output.ref.key),
    c.writer.head.committed,
  )
}

/** What tasks added to accumulators counts once, when their batch is committed. */
function countAdditions(c: Coordination, answers: readonly TaskDone[]): void {
  for (const { accumulators } of answers) {
    c.program.driver.accumulators.merge(
      Object.entries(accumulators).map(([accumulator, snapshot]) => ({ accumulator, snapshot })),
    )
  }
}
