import { type Case, comparisonOf } from '../cases.ts'
import type { Collected } from '../collected.ts'
import { batchesDiffer } from '../compare.ts'
import { errorDiffers } from '../errors.ts'
import { TestBed } from '../test-bed.ts'
import { runKilled } from './kill.ts'
import { batchesOf, define, missingFiles, type Running } from './program.ts'
import { propertiesDiffer } from './properties.ts'
import { runRestarted } from './restart.ts'

/** How a pipeline case differs from what it expects, or null. */
export async function runDstream(each: Case): Promise<string | null> {
  const bed = new TestBed()
  try {
    const resolved = bed.resolved(each)
    if (each.killAtRandom) return await runKilled(resolved, bed)
    if (each.batchesBeforeRestart) return await runRestarted(resolved, bed)
    return isError(each.expected) ? await runFailing(resolved, bed) : await runToEnd(resolved, bed)
  } finally {
    await bed.close()
  }
}

async function runToEnd(each: Case, bed: TestBed): Promise<string | null> {
  const running = define(each, bed)
  const { context } = running
  await bed.start(context)
  await bed.advance(batchesOf(each, running.stream) * each.batchIntervalMs!, context)
  // Inputs that answer late (a queue's empty batches) may need a few intervals more.
  for (let more = 0; isShort(each, running) && more < 10; more++) await bed.advance(each.batchIntervalMs!, context)
  await bed.through(context.stop(), () => context)
  return unexpectedError(each, bed) ?? outputsDiffer(each, running) ?? missingFiles(each, running.output)
}

const isShort = (each: Case, { output }: Running): boolean =>
  each.collect === 'nonEmptyFirstN' && output.nonEmpty.length < each.expected.length

function outputsDiffer(each: Case, { output, snapshots }: Running): string | null {
  if (!Array.isArray(each.expected))
    return propertiesDiffer(each.expected, { outputs: output.outputs, snapshots: snapshots?.outputs ?? [] })
  const outputs = each.collect === 'nonEmptyFirstN' ? output.nonEmpty.slice(0, each.expected.length) : output.outputs
  return (
    batchesDiffer(outputs, each.expected, comparisonOf(each)) ??
    partitionsDiffer(each, output) ??
    (snapshots && prefixed('snapshots: ', batchesDiffer(snapshots.outputs, each.expectedSnapshots!, 'multiset')))
  )
}

function partitionsDiffer({ expectedPartitionsPerBatch: expected }: Case, { batches }: Collected): string | null {
  if (!expected) return null
  const partitions = batches.map((batch) => batch.partitions)
  return JSON.stringify(partitions) === JSON.stringify(expected)
    ? null
    : `partitions per batch: ${partitions.join(', ')}, expected ${expected.join(', ')}`
}

function unexpectedError({ alsoError }: Case, { errors }: TestBed): string | null {
  if (!alsoError) return errors.length === 0 ? null : `a batch failed: ${String(errors[0])}`
  return errorDiffers(errors, 'error' in alsoError ? alsoError.error : alsoError)
}

async function runFailing(each: Case, bed: TestBed): Promise<string | null> {
  try {
    const { context, stream } = define(each, bed)
    await bed.start(context)
    await bed.advance(Math.max(1, batchesOf(each, stream)) * each.batchIntervalMs!, context)
    await context.awaitTerminationOrTimeout(0)
  } catch (error) {
    bed.errors.push(error)
  }
  return errorDiffers(bed.errors, each.expected.error)
}

const isError = (expected: unknown): boolean => typeof expected === 'object' && expected !== null && 'error' in expected
const prefixed = (prefix: string, text: string | null): string | null => text && prefix + text
