import { counted } from '../../model/counted.ts'
import type { BatchNumber, OperatorUid } from '../../model/ids.ts'
import { HEAD_BYTES_MAX } from '../../checkpoint/head-size.ts'
import { readManifest } from '../../checkpoint/manifest.ts'
import { ObjectKeys } from '../../checkpoint/object-keys.ts'
import { isDropped, readOutputCommands } from '../../checkpoint/output-commands.ts'
import { marked, settled } from '../../checkpoint/transition.ts'
import { SluiceError, thrownBy } from '../../model/errors.ts'
import type { Head, OwedOutput } from '../../model/head.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { OutputFacts } from '../../model/program-facts.ts'
import type { BlobRef } from '../../model/refs.ts'
import type { OutputFailure } from '../../output/output-publisher.ts'
import { PublishPermit } from '../../output/publish-permit.ts'
import type { HeldApp } from './held-app.ts'
import { badRecords } from './bad-records.ts'
import { haltIfSinkIsNewer, wasShown } from './outages.ts'
import { showsBeforeCommit } from './open-plan.ts'

/**
 * Outputs that do not wait for the commit. One that fails keeps the batch from committing, and its plan stays open:
 * what the others have shown must not be of another batch.
 */
export async function showBeforeCommit(
  held: HeldApp,
  { manifest, ref }: { readonly manifest: Manifest; readonly ref: BlobRef },
): Promise<void> {
  if (!showsBeforeCommit(held.program)) return
  await settleBefore(held, manifest.batch)
  const [failed] = await show(held, PublishPermit.beforeCommit(held.writer.head, ref, manifest), (output) =>
    comesBefore(held, output),
  )
  if (!failed) return
  await haltIfSinkIsNewer(held, [failed])
  throw errorOfOutput(
    failed.error,
    failed.output,
    manifest.batch,
    'the batch is not committed, and its plan stays open: it runs again, with the same records',
  )
}

/**
 * An output that waited for the commit in an earlier life of the program may owe batches: they come first, and it
 * cannot be left behind here, because this batch is not committed without it.
 */
async function settleBefore(held: HeldApp, batch: BatchNumber): Promise<void> {
  const { head } = held.writer
  const isMeant = (output: OperatorUid): boolean => comesBefore(held, output) && isOrdered(held, output)
  if (!head.owed.some(({ output }) => isMeant(output))) return
  const owed = await settleOwed(held, isMeant)
  await settle(held, owed)
  const left = held.writer.head.owed.find(({ output }) => isMeant(output))
  if (left)
    throw errorOfOutput(
      new Error(`it still owes batch ${left.batch}`),
      left.output,
      batch,
      'the batch is not committed, and its plan stays open: it runs again, with the same records',
    )
}

/** Shows what of a batch is `wanted`, in order of definition. */
async function show(
  held: HeldApp,
  permit: PublishPermit,
  wanted: (output: OperatorUid) => boolean,
): Promise<OutputFailure[]> {
  const { manifest } = permit
  const outputs = held.program.outputs
    .map(({ uid }) => uid)
    .filter((output) => Object.hasOwn(manifest.outputs, output) && wanted(output))
  if (outputs.length === 0) return []
  return held.publisher.publish(permit, outputs, {
    ...held.events.outputHooks(manifest),
    setAside: (_output, letters) => void (held.outputLetters = [...held.outputLetters, letters]),
  })
}

/** What is owed from now on, with what the outputs that are delivered were shown without. */
async function settle(held: HeldApp, owed: readonly OwedOutput[]): Promise<void> {
  const letters = held.outputLetters
  await held.writer.write((now) => settled(now, owed, letters), 'mark')
  await sayLetters(held)
}

/** Once it is written down what outputs were shown without. */
async function sayLetters(held: HeldApp): Promise<void> {
  const letters = held.outputLetters
  held.outputLetters = []
  if (letters.length === 0) return
  const { outputLetterErrors } = await badRecords()
  for (const each of letters) for (const error of await outputLetterErrors(held, each)) held.events.isolated(error)
}

const comesBefore = (held: HeldApp, output: OperatorUid): boolean => factsOf(held, output)?.order === 'before'

/**
 * Outputs, then the mark. What failed is owed: it is kept, said, and delivered again, with growing waits. An output
 * that shows each batch exactly once must not be overtaken, because a fence that has seen a later batch refuses the
 * earlier one: later batches wait behind it. Of the others those wait whose place is away; the rest goes on.
 */
export async function deliver(held: HeldApp, manifest: Manifest): Promise<void> {
  await carryOutOutputCommands(held)
  const { head } = held.writer
  const still = await settleOwed(held, (output) => isOrdered(held, output) || isTriedAgain(held, output))
  const owing = new Set(still.map(({ output }) => output))
  const waiting = Object.keys(manifest.outputs).filter(
    (output) => (owing.has(output) && isOrdered(held, output)) || held.outages.isAway(output),
  )
  const failed = await show(
    held,
    PublishPermit.committed(held.writer.head, head.manifest!, manifest),
    (output) => !waiting.includes(output) && manifest.beforeCommit?.includes(output) !== true,
  )
  const owed = [...waiting, ...failed.map(({ output }) => output)].map((output) => ({
    batch: manifest.batch,
    output,
    manifest: head.manifest!,
  }))
  await haltIfSinkIsNewer(held, failed)
  for (const { output } of owed) held.sweeper.pin(head.manifest!, manifest, output)
  const all = [...still, ...owed]
  const letters = held.outputLetters
  await held.writer.write(
    (now) => marked(now, { owed: all, gcFloor: held.sweeper.floor(now, manifest), letters }),
    'mark',
  )
  await sayLetters(held)
  held.events.completed(manifest, backlogOf(all))
  for (const run of failed) saidOf(held, run, manifest.batch, holds(held, run.output))
  for (const output of Object.keys(manifest.outputs))
    if (!all.some((each) => each.output === output)) recovered(held, output)
}

/** Whether what the output owes is delivered while the run goes on, and not only by the next start. */
const isTriedAgain = (held: HeldApp, output: OperatorUid): boolean =>
  held.outages.settings.hold !== 'none' && held.outages.isHeld(output)

/** How many batches each output owes. */
function backlogOf(owed: readonly OwedOutput[]): Record<string, number> {
  const backlog: Record<string, number> = {}
  for (const { output } of owed) backlog[output] = (backlog[output] ?? 0) + 1
  return backlog
}

/** Whether an output that fails is held, and does not end the run as a failing function does in Spark. */
function holds(held: HeldApp, output: OperatorUid): boolean {
  const { hold } = held.outages.settings
  return hold === 'all' || (hold === 'sinks' && factsOf(held, output)?.isSink === true)
}

/** One failure, to the policy and to whoever looks on. */
function saidOf(held: HeldApp, { output, error }: OutputFailure, batch: BatchNumber, isHeld: boolean): void {
  const ours = errorOfOutput(error, output, batch)
  const waiting = held.outages.failed(output, ours)
  if (isHeld) held.events.held(ours, { output, ...waiting, owed: backlogOf(held.writer.head.owed)[output] ?? 1 })
  else held.events.failed(ours)
}

function recovered(held: HeldApp, output: OperatorUid): void {
  const forMs = held.outages.recovered(output)
  if (forMs !== null) held.events.released(output, forMs)
}

const isOrdered = (held: HeldApp, output: OperatorUid): boolean => factsOf(held, output)?.guarantee === 'exactly-once'

const factsOf = (held: HeldApp, output: OperatorUid): OutputFacts | undefined =>
  held.program.outputs.find(({ uid }) => uid === output)

const OWED = 'the batch is committed; this output is owed and runs again, at the latest on the next start'

const errorOfOutput = (error: unknown, output: OperatorUid, batch: BatchNumber, did = OWED): SluiceError =>
  thrownBy(
    'sink',
    error,
    {
      code: 'E_OUTPUT',
      about: `Output "${output}" of batch ${batch} failed`,
      did,
      next: ['mend the output, or what it writes to'],
    },
    { operator: output, batch },
  )

/**
 * The last try of a run, for the outputs that were held: what is owed still is said once more, as the error that it is.
 */
export async function deliverAtLast(held: HeldApp): Promise<void> {
  if (held.outages.settings.hold === 'none' || held.writer.head.owed.length === 0) return
  await deliverOwed(held)
  for (const [output, owed] of Object.entries(backlogOf(held.writer.head.owed)))
    if (held.outages.isHeld(output)) held.events.failed(undelivered(output, owed, held.outages.lastError(output)))
}

/** With what the sink said last: that is what is to be mended. */
function undelivered(output: OperatorUid, owed: number, last: SluiceError | null): SluiceError {
  const what = counted(owed, 'batch is', 'batches are')
  const why = last === null ? '' : ` ${last.message} (${last.code})`
  return new SluiceError('E_OUTPUT', `The run ends, and ${what} not delivered.${why}`, {
    where: { ...last?.where, operator: output },
    did: 'what is not delivered stays with the state: in --dir for the next start, or gone with this process',
    next: [
      ...(last?.next ?? []),
      'start again when the place takes records',
      `sluice outputs drop <dir> ${output}     to give them up`,
    ],
    retry: true,
    cause: last?.cause,
  })
}

/** Outputs that are owed, whatever their waits say. */
export async function deliverOwed(held: HeldApp): Promise<void> {
  await carryOutOutputCommands(held)
  const { head } = held.writer
  for (const { output } of head.owed) held.outages.hurry(output)
  if (head.owed.length === 0) return
  const owed = await settleOwed(held, () => true)
  await settle(held, owed)
}

/** Does what somebody has decided about outputs that owe batches. */
async function carryOutOutputCommands(held: HeldApp): Promise<void> {
  const { head } = held.writer
  if (head.owed.length === 0) return
  const commands = await readOutputCommands(held.host.blobs, new ObjectKeys(head.app, head.inc))
  if (commands.length === 0) return
  const kept = head.owed.filter((owed) => !isDropped(commands, owed))
  if (kept.length < head.owed.length) {
    await held.writer.write((now) => settled(now, kept), 'mark')
    held.events.dropped(backlogOf(head.owed.filter((owed) => !kept.includes(owed))))
  }
  for (const { outputs } of commands) for (const output of outputs) held.outages.hurry(output)
  for (const { key } of commands) await held.host.blobs.delete(key)
}

/**
 * Delivers what is owed by the chosen outputs, oldest first, and returns what is owed still. Behind a place that is
 * away nothing more is tried.
 */
async function settleOwed(held: HeldApp, chosen: (output: OperatorUid) => boolean): Promise<OwedOutput[]> {
  const { owed: all } = held.writer.head
  const still: OwedOutput[] = []
  const blocked = new Set(
    all.map(({ output }) => output).filter((output) => !chosen(output) || !held.outages.isDue(output)),
  )
  for (const owed of all) {
    const outcome = blocked.has(owed.output) ? 'waits' : await settleOne(held, owed)
    if (outcome === 'delivered') continue
    still.push(owed)
    if (outcome === 'away' || isOrdered(held, owed.output)) blocked.add(owed.output)
  }
  for (const output of new Set(all.map(({ output: uid }) => uid)))
    if (!still.some((each) => each.output === output)) recovered(held, output)
  return still
}

async function settleOne(held: HeldApp, owed: OwedOutput): Promise<'delivered' | 'failed' | 'away'> {
  const failed = await deliverOne(held, owed)
  if (!failed || (isOrdered(held, owed.output) && wasShown(held, failed))) return 'delivered'
  await haltIfSinkIsNewer(held, [failed])
  saidOf(held, failed, owed.batch, held.outages.settings.hold !== 'none')
  if (held.outages.isAway(owed.output)) return 'away'
  return 'failed'
}

async function deliverOne(held: HeldApp, owed: OwedOutput): Promise<OutputFailure | null> {
  try {
    const manifest = await readManifest(held.host.blobs, owed.manifest)
    const [failed] = await show(
      held,
      PublishPermit.committed(held.writer.head, owed.manifest, manifest),
      (output) => output === owed.output,
    )
    return failed ?? null
  } catch (error) {
    return { output: owed.output, error }
  }
}

/** More than this in the head, and later batches wait: the head must stay small. */
const OWED_BYTES_MAX = HEAD_BYTES_MAX / 2
const isBacklogged = (held: HeldApp, { owed }: Head): boolean =>
  owed.length >= held.outages.settings.backlogMax || (owed.length > 0 && JSON.stringify(owed).length > OWED_BYTES_MAX)

/** Throws `E_OUTPUT_BACKLOG` where too much is owed still. */
export async function shrinkBacklog(held: HeldApp): Promise<void> {
  if (!isBacklogged(held, held.writer.head)) return
  await deliverOwed(held)
  const { owed } = held.writer.head
  if (!isBacklogged(held, held.writer.head)) return
  const outputs = [...new Set(owed.map(({ output }) => output))]
  const { batch, output } = owed[0]!
  throw new SluiceError(
    'E_OUTPUT_BACKLOG',
    `${owed.length} outputs are owed, the oldest of batch ${batch}: ${outputs.join(', ')}.`,
    {
      where: { operator: output, batch },
      did: 'no further batch was begun; what is owed is tried again with the next tick, and nothing is lost',
      next: ['mend what the outputs write to, or the output itself', `sluice outputs drop <dir> ${output}`],
      retry: true,
    },
  )
}
