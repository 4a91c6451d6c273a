import { HEAD_BYTES_MAX } from '../../checkpoint/head-size.ts'
import { readManifest } from '../../checkpoint/manifest.ts'
import { marked, settled } from '../../checkpoint/transition.ts'
import { SluiceError, thrownBy } from '../../model/errors.ts'
import type { OwedOutput } from '../../model/head.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { BlobRef } from '../../model/refs.ts'
import type { OutputOperation } from '../../graph/output-operation.ts'
import type { Coordination } from './coordination.ts'
import { haltIfAhead } from './head-behind.ts'
import { showsAhead } from './open-plan.ts'
import { type OutputRun, runOutputs } from '../output/run-output.ts'

/**
 * Outputs that do not wait for the commit. One that fails keeps the batch from committing, and its plan stays open:
 * what the others have shown must not be of another batch.
 */
export async function showAhead(
  c: Coordination,
  { manifest, ref }: { readonly manifest: Manifest; readonly ref: BlobRef },
): Promise<void> {
  if (!showsAhead(c.program.graph)) return
  const ahead = { plan: c.writer.head.plan!.nonce, manifest: ref }
  const [failed] = await runOutputs(
    manifest,
    c.program.graph,
    c.publisher,
    c.events.outputHooks(manifest),
    (output) => comesBefore(c, output),
    ahead,
  )
  if (!failed) return
  await haltIfAhead(c, [failed])
  throw errorOfOutput(
    failed.error,
    failed.output,
    manifest.batch,
    'the batch is not committed, and its plan stays open: it runs again, with the same records',
  )
}

const comesBefore = (c: Coordination, output: string): boolean => operationOf(c, output)?.order === 'before'

/**
 * Outputs, then the mark. What failed is owed: it is kept, reported, and delivered again on the next start. An output
 * that shows each batch exactly once must not be overtaken, because a fence that has seen a later batch refuses the
 * earlier one: it tries again with each batch, and later batches wait behind it.
 */
export async function deliver(c: Coordination, manifest: Manifest): Promise<void> {
  const { head } = c.writer
  const still = await settleOwed(c, (output) => isOrdered(c, output))
  const waiting = new Set(
    still.map(({ output }) => output).filter((output) => output in manifest.outputs && isOrdered(c, output)),
  )
  const failed = await runOutputs(
    manifest,
    c.program.graph,
    c.publisher,
    c.events.outputHooks(manifest),
    (output) => !waiting.has(output) && !comesBefore(c, output),
  )
  const owed = [...waiting, ...failed.map(({ output }) => output)].map((output) => ({
    batch: manifest.batch,
    output,
    manifest: head.manifest!,
  }))
  await haltIfAhead(c, failed)
  for (const { output } of owed) c.sweeper.pin(head.manifest!, manifest, output)
  await c.writer.write(marked(head, { owed: [...still, ...owed], gcFloor: c.sweeper.floor(head, manifest) }), 'mark')
  c.events.completed(manifest)
  for (const { output, error } of failed) c.events.failed(errorOfOutput(error, output, manifest.batch))
}

const isOrdered = (c: Coordination, output: string): boolean => operationOf(c, output)?.guarantee === 'exactly-once'

const operationOf = (c: Coordination, output: string): OutputOperation | undefined =>
  c.program.graph.outputs.find((node) => node.uid === output)?.output

const OWED = 'the batch is committed; this output is owed and runs again, at the latest on the next start'

const errorOfOutput = (error: unknown, output: string, batch: number, did = OWED): SluiceError =>
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
  const failed = await deliverOne(c, owed)
  if (!failed) return true
  await haltIfAhead(c, [failed])
  c.events.failed(errorOfOutput(failed.error, owed.output, owed.batch))
  return false
}

async function deliverOne(c: Coordination, owed: OwedOutput): Promise<OutputRun | null> {
  try {
    const manifest = await readManifest(c.host.blobs, owed.manifest)
    const [failed] = await runOutputs(
      manifest,
      c.program.graph,
      c.publisher,
      c.events.outputHooks(manifest),
      (output) => output === owed.output,
    )
    return failed ?? null
  } catch (error) {
    return { output: owed.output, error }
  }
}

/** So much may be owed before later batches wait: the head must stay small, and somebody has to look. */
const OWED_MAX = 16
const OWED_BYTES_MAX = HEAD_BYTES_MAX / 2
const isBacklogged = (owed: readonly OwedOutput[]): boolean =>
  owed.length >= OWED_MAX || (owed.length > 0 && JSON.stringify(owed).length > OWED_BYTES_MAX)

export async function shrinkBacklog(c: Coordination): Promise<void> {
  if (!isBacklogged(c.writer.head.owed)) return
  await deliverOwed(c)
  const { owed } = c.writer.head
  if (!isBacklogged(owed)) return
  const outputs = [...new Set(owed.map(({ output }) => output))]
  throw new SluiceError(
    'E_OUTPUT_BACKLOG',
    `${owed.length} outputs are owed, the oldest of batch ${owed[0].batch}: ${outputs.join(', ')}.`,
    {
      where: { operator: outputs[0], batch: owed[0].batch },
      did: 'no further batch was begun; what is owed is tried again with the next tick, and nothing is lost',
      next: ['mend what the outputs write to, or the output itself'],
      retry: true,
    },
  )
}
