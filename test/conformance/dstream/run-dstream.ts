import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type DStream, StreamingContext } from '../../../lib/index.ts'
import { BatchesSource } from '../batches-source.ts'
import { type Batches, type Case, inputsOf } from '../cases.ts'
import { Collected } from '../collected.ts'
import { batchesDiffer } from '../compare.ts'
import { errorDiffers } from '../errors.ts'
import { applyPipeline, type OpsEnvironment } from '../ops.ts'
import { confOf, TestBed } from '../test-bed.ts'
import { runKilled } from './kill.ts'
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

export interface Running {
  readonly context: StreamingContext
  readonly output: Collected
  readonly snapshots: Collected | null
  readonly stream: DStream<any>
}

/** Defines the case's program; outputs are collected from the end of the pipeline. */
export function define(each: Case, bed: TestBed, onOutput: (records: readonly unknown[]) => void = () => {}): Running {
  const context = new StreamingContext(confOf(), each.batchIntervalMs!)
  if (each.checkpointing) context.checkpoint(bed.folder('dir'))
  const inputs = new Map<string, DStream<any>>()
  for (const [name, batches] of inputsOf(each)) inputs.set(name, inputStream(context, each, name, batches))
  const environment: OpsEnvironment = { context, scope: bed.scope, stream: (name) => inputs.get(name)! }
  const stateful = each.pipeline.findLastIndex(({ op }) => op === 'mapWithState') + 1
  const middle = applyPipeline(inputs.get('in')!, each.pipeline.slice(0, stateful), environment)
  const stream = applyPipeline(middle, each.pipeline.slice(stateful), environment)
  const snapshots = each.expectedSnapshots ? new Collected(applyPipeline(middle, [{ op: 'stateSnapshots' }], environment)) : null
  return { context, stream, output: new Collected(stream, (rdd) => onOutput(rdd.collect())), snapshots }
}

function inputStream(context: StreamingContext, each: Case, name: string, batches: Batches): DStream<any> {
  if (each.sourceKind === 'queue') return context.queueStream(batches.map((batch) => context.sparkContext.parallelize([...batch!])))
  return context.source(name, new BatchesSource(batches, each.inputPartitions ?? 2))
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

const isShort = (each: Case, { output }: Running): boolean => each.collect === 'nonEmptyFirstN' && output.nonEmpty.length < each.expected.length

/** Enough intervals for all inputs and all expected outputs. */
export function batchesOf(each: Case, stream: DStream<any>): number {
  if (each.numBatches) return each.numBatches
  const slides = stream.node.slideMs / each.batchIntervalMs!
  const outputs = Array.isArray(each.expected) ? each.expected.length * slides : 0
  return Math.max(outputs, ...[...inputsOf(each).values()].map((batches) => batches.length))
}

function outputsDiffer(each: Case, { output, snapshots }: Running): string | null {
  const outputs = each.collect === 'nonEmptyFirstN' ? output.nonEmpty.slice(0, each.expected.length) : output.outputs
  return (
    batchesDiffer(outputs, each.expected, each.compare ?? 'ordered') ??
    partitionsDiffer(each, output) ??
    (snapshots && prefixed('snapshots: ', batchesDiffer(snapshots.outputs, each.expectedSnapshots!, 'multiset')))
  )
}

function partitionsDiffer({ expectedPartitionsPerBatch: expected }: Case, { batches }: Collected): string | null {
  if (!expected) return null
  const partitions = batches.map((batch) => batch.partitions)
  return JSON.stringify(partitions) === JSON.stringify(expected) ? null : `partitions per batch: ${partitions.join(', ')}, expected ${expected.join(', ')}`
}

/** Every output batch of a stream that is saved must have left its directory, whole. */
export function missingFiles({ pipeline }: Case, output: Collected): string | null {
  const [prefix, suffix] = pipeline.find(({ op }) => op === 'saveAsTextFiles')?.args ?? []
  if (prefix === undefined) return null
  const missing = output.batches.map(({ timeMs }) => `${prefix}-${timeMs}${suffix ? `.${suffix}` : ''}`).filter((folder) => !existsSync(join(folder, '_SUCCESS')))
  return missing.length === 0 ? null : `no files at ${missing.join(', ')}`
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
