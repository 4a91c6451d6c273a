import { decideDuty } from '../checkpoint/decide.ts'
import { putManifest, readManifest, withPacks } from '../checkpoint/manifest.ts'
import { Names } from '../checkpoint/names.ts'
import { selfCheck } from '../checkpoint/self-check.ts'
import { committed, halted, marked, settled } from '../checkpoint/transition.ts'
import { located, SluiceError } from '../model/errors.ts'
import type { OwedOutput } from '../model/head.ts'
import type { BlobRef } from '../model/refs.ts'
import type { Manifest } from '../model/manifest.ts'
import type { Coordination } from './coordination.ts'
import { nextManifest, staleWrite } from './next-manifest.ts'
import { planBatch, type PlannedBatch, type Tick } from './plan-batch.ts'
import { runOutputs } from './run-output.ts'
import { runStages, type TaskDone } from './run-stages.ts'
import { serialiseError } from './serialised-error.ts'

/**
 * One batch, start to end. Up to the commit nothing can be seen from outside, and whatever was written has names of its own;
 * the commit is one conditional write; after it the outputs show what the manifest fixed. A crash anywhere leaves the next start with either no trace of the
 * batch or all of it, and at most with outputs to show again.
 */
export async function runBatch(c: Coordination, tick: Tick): Promise<Manifest> {
  if (decideDuty(c.writer.head).kind === 'deliver') await deliver(c, c.base!)
  if (c.writer.head.owed.length >= OWED_MAX) await shrinkBacklog(c)
  const planned = await plan(c, tick)
  const answers = await compute(c, planned)
  const manifest = await fix(c, planned, answers)
  await commit(c, manifest)
  countAdditions(c, answers)
  forgetShuffles(c, answers)
  await deliver(c, manifest.manifest)
  c.sweeper.sweep(c.writer.head)
  return manifest.manifest
}

/** So many outputs may be owed before later batches wait: the head must stay small, and somebody has to look. */
const OWED_MAX = 16

async function shrinkBacklog(c: Coordination): Promise<void> {
  await deliverOwed(c)
  const { owed } = c.writer.head
  if (owed.length < OWED_MAX) return
  const outputs = [...new Set(owed.map(({ output }) => output))]
  throw new SluiceError('E_OUTPUT_BACKLOG', `${owed.length} outputs are owed, the oldest of batch ${owed[0].batch}: ${outputs.join(', ')}.`, {
    where: { operator: outputs[0], batch: owed[0].batch },
    did: 'no further batch was begun; what is owed is tried again with the next tick, and nothing is lost',
    next: ['mend what the outputs write to, or the output itself'],
    retry: true,
  })
}

async function plan(c: Coordination, tick: Tick): Promise<PlannedBatch> {
  const planned = await planBatch({ tick, head: c.writer.head, base: c.base, program: c.program, host: c.host, limitOf: c.limitOf, startedAt: c.startedAt })
  c.events.submitted(planned.plan, planned.stages.stages.length > 0)
  return planned
}

async function compute(c: Coordination, { plan: batchPlan, stages, staged }: PlannedBatch): Promise<TaskDone[]> {
  c.events.started(batchPlan)
  return runStages({ plan: batchPlan, stages, staged, launcher: c.host.launcher, log: c.host.log, attemptsMax: c.attemptsMax, signal: c.signal })
}

/** Writes down what the batch decided, after checking that it adds up. A manifest that does not is never committed. */
async function fix(c: Coordination, planned: PlannedBatch, answers: readonly TaskDone[]): Promise<{ manifest: Manifest; ref: BlobRef }> {
  const manifest = nextManifest(c.base, planned, answers, c.program.graph)
  const wrong = selfCheck(c.base, manifest) ?? staleWrite(c.base, answers)
  if (wrong) {
    await c.writer.write(halted(c.writer.head, wrong), 'halt')
    throw new SluiceError('E_HALTED', `Self-check before commit of batch ${manifest.batch}: ${wrong}.`, {
      where: { batch: manifest.batch }, did: 'not committed; its outputs did not run; every object is kept', next: ['sluice verify <dir>', 'then start again with --resume'],
    })
  }
  const { app, inc } = c.writer.head
  const names = new Names(app, inc)
  const complete = await withPacks(c.host.blobs, names, manifest, c.host.random.run())
  return { manifest: complete, ref: await putManifest(c.host.blobs, names, complete) }
}

/** The one moment at which the batch becomes true. */
async function commit(c: Coordination, { manifest, ref }: { readonly manifest: Manifest; readonly ref: BlobRef }): Promise<void> {
  const { head } = c.writer
  await c.writer.write(committed(head, { tick: manifest.tick, manifest: ref, leaseUntil: c.leaseUntil() }), 'commit')
  c.sweeper.superseded(head.manifest, c.base, manifest)
  c.base = manifest
}

/** Shuffle blocks are of no use once their batch is committed. */
function forgetShuffles(c: Coordination, answers: readonly TaskDone[]): void {
  const blocks = answers.flatMap((answer) => answer.shuffles).filter((output) => output.ref.inline === undefined)
  c.sweeper.litter(blocks.map((output) => output.ref.key), c.writer.head.committed)
}

/** What tasks added to accumulators counts once, when their batch is committed. */
function countAdditions(c: Coordination, answers: readonly TaskDone[]): void {
  for (const { accumulators } of answers) {
    c.program.sparkContext.accumulators.merge(Object.entries(accumulators).map(([accumulator, snapshot]) => ({ accumulator, snapshot })))
  }
}

/**
 * Outputs, then the mark. What failed is owed: it is kept, reported, and delivered again on the next start. An output that shows each batch exactly once must not be
 * overtaken, because a fence that has seen a later batch refuses the earlier one: it tries again with each batch, and later batches wait behind it.
 */
export async function deliver(c: Coordination, manifest: Manifest): Promise<void> {
  const { head } = c.writer
  const still = await settleOwed(c, (output) => isOrdered(c, output))
  const waiting = new Set(still.map(({ output }) => output).filter((output) => output in manifest.outputs && isOrdered(c, output)))
  const failed = await runOutputs(manifest, c.program.graph, c.publisher, c.events.outputHooks(manifest), (output) => !waiting.has(output))
  const owed = [...waiting, ...failed.map(({ output }) => output)].map((output) => ({ batch: manifest.batch, output, manifest: head.manifest! }))
  for (const { output } of owed) c.sweeper.pin(head.manifest!, manifest, output)
  await c.writer.write(marked(head, { owed: [...still, ...owed], gcFloor: c.sweeper.floor(head, manifest) }), 'mark')
  c.events.completed(manifest)
  for (const { output, error } of failed) c.events.failed(errorOfOutput(error, output, manifest.batch))
}

const isOrdered = (c: Coordination, output: string): boolean =>
  c.program.graph.outputs.find((node) => node.uid === output)?.output!.guarantee === 'exactly-once'

function errorOfOutput(error: unknown, output: string, batch: number): unknown {
  if (error instanceof SluiceError) return located(error, { operator: output, batch })
  const { message, where } = serialiseError(error)
  return new SluiceError('E_OUTPUT', `Output "${output}" of batch ${batch} failed: ${message}`, {
    where: { ...where, operator: output, batch },
    did: 'the batch is committed; this output is owed and runs again, at the latest on the next start',
    next: ['mend the output, or what it writes to'],
    retry: true,
    cause: error,
  })
}

/** Outputs that earlier runs owe. */
export async function deliverOwed(c: Coordination): Promise<void> {
  const { head } = c.writer
  if (head.owed.length > 0) await c.writer.write(settled(head, await settleOwed(c, () => true)), 'mark')
}

/** Delivers what is owed by the chosen outputs, oldest first, and returns what is owed still. */
async function settleOwed(c: Coordination, chosen: (output: string) => boolean): Promise<OwedOutput[]> {
  const still: OwedOutput[] = []
  const blocked = new Set<string>()
  for (const owed of c.writer.head.owed) {
    if (chosen(owed.output) && !blocked.has(owed.output) && (await isDelivered(c, owed))) continue
    still.push(owed)
    if (isOrdered(c, owed.output)) blocked.add(owed.output)
  }
  return still
}

async function isDelivered(c: Coordination, owed: OwedOutput): Promise<boolean> {
  try {
    const manifest = await readManifest(c.host.blobs, owed.manifest)
    c.sweeper.pin(owed.manifest, manifest, owed.output)
    const [failed] = await runOutputs(manifest, c.program.graph, c.publisher, c.events.outputHooks(manifest), (output) => output === owed.output)
    if (!failed) return true
    throw failed.error
  } catch (error) {
    c.events.failed(errorOfOutput(error, owed.output, owed.batch))
    return false
  }
}
