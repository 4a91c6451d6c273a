import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type DStream, StreamingContext } from '../../../lib/index.ts'
import { BatchesSource } from '../batches-source.ts'
import { type Batches, type Case, inputsOf } from '../cases.ts'
import { Collected } from '../collected.ts'
import { applyPipeline, type OpsEnvironment } from '../ops.ts'
import { confOf, type TestBed } from '../test-bed.ts'

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
  const snapshots = wantsSnapshots(each)
    ? new Collected(applyPipeline(middle, [{ op: 'stateSnapshots' }], environment))
    : null
  return { context, stream, output: new Collected(stream, (rdd) => onOutput(rdd.collect())), snapshots }
}

/** As a list of its own, or as a property of what is expected. */
const wantsSnapshots = ({ expectedSnapshots, expected }: Case): boolean =>
  Boolean(expectedSnapshots) || Object.keys((expected ?? {}) as object).some((name) => /snapshot/i.test(name))

function inputStream(context: StreamingContext, each: Case, name: string, batches: Batches): DStream<any> {
  const partitions = each.inputPartitions ?? 2
  if (each.sourceKind === 'queue')
    return context.queueStream(batches.map((batch) => context.sparkContext.parallelize([...(batch ?? [])], partitions)))
  return context.source(name, new BatchesSource(batches, partitions))
}

/** Enough intervals for all inputs and all expected outputs. */
export function batchesOf(each: Case, stream: DStream<any>): number {
  if (each.numBatches) return each.numBatches
  const slides = stream.node.slideMs / each.batchIntervalMs!
  const outputs = Array.isArray(each.expected) ? each.expected.length * slides : 0
  return Math.max(outputs, ...[...inputsOf(each).values()].map((batches) => batches.length))
}

/** Every output batch of a stream that is saved must have left its directory, whole. */
export function missingFiles({ pipeline }: Case, output: Collected): string | null {
  const [prefix, suffix] = pipeline.find(({ op }) => op === 'saveAsTextFiles')?.args ?? []
  if (prefix === undefined) return null
  const missing = output.batches
    .map(({ timeMs }) => `${prefix}-${timeMs}${suffix ? `.${suffix}` : ''}`)
    .filter((folder) => !existsSync(join(folder, '_SUCCESS')))
  return missing.length === 0 ? null : `no files at ${missing.join(', ')}`
}
