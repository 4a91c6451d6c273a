import { located } from '../../../model/errors.ts'
import { checkOptions, oneOf, type RulesOf } from '../../../model/options.ts'
import type { Delivery, OutputSink } from '../../../output/sink.ts'
import type { DStream } from '../dstream.ts'
import { outputInstead } from '../stand-ins.ts'
import type { OutputBatch, OutputOperation, OutputOptions, OutputOrder } from '../../../graph/output-operation.ts'
import { stageAll, stagedRecords } from '../../../graph/stagers.ts'
import { needsFunction } from '../../../lineage/bad-argument.ts'
import { needsSink } from './given-arguments.ts'

/** An output, as an operator defines it. */
export interface OutputDefinition {
  readonly operator: string
  readonly name?: string | undefined
  readonly operation: OutputOperation
}

const OPTIONS: RulesOf<OutputOptions> = { order: oneOf('after', 'before') }

/** A definition, a sink with its options, or a name with both. */
export function output<T>(stream: DStream<T>, first: string | OutputSink<T> | OutputDefinition, rest: any[]): void {
  if (typeof first === 'string') return outputTo(stream, first, rest[0], rest[1])
  if (typeof first !== 'object' || first === null || !('operation' in first))
    return outputTo(stream, undefined, first, rest[0])
  const { operator, name, operation } = first
  const parent = stream.node
  stream.derive({
    kind: 'output',
    operator,
    ...(name === undefined ? {} : { name }),
    output: operation,
    compute: (time, view) => view.rdd(parent, time),
  })
}

/** Hands each partition to a sink; see `OutputSink` for what it may rely on. */
function outputTo<T>(
  stream: DStream<T>,
  name: string | undefined,
  sink: OutputSink<T>,
  options: OutputOptions = {},
): void {
  needsSink(sink)
  checkOptions('output', options, OPTIONS)
  const operation = outputInstead(stream.node, sink) ?? { ...sinkOperation(sink, options.order), isSink: true }
  stream.output({ operator: 'output', name, operation })
}

export interface SinkOperation extends OutputOperation {
  readonly sink: OutputSink<any>
}

/** What `output` does with a sink. */
export const sinkOperation = (sink: OutputSink<any>, order: OutputOrder = 'after'): SinkOperation => ({
  sink,
  guarantee: sink.guarantee,
  order,
  ...(sink.folders ? { folders: sink.folders } : {}),
  ...(sink.address === undefined ? {} : { address: sink.address }),
  ...(sink.awsRights ? { awsRights: sink.awsRights } : {}),
  ready: async () => sink.ready?.(),
  stage: stageAll,
  publish: (batch) => deliver(batch, sink),
})

/** A function per partition as a sink without a memory: at least once, with a stable key. */
export const foreachPartition = <T>(
  stream: DStream<T>,
  f: (records: readonly T[], delivery: Delivery) => void | Promise<void>,
  name?: string,
): void => {
  needsFunction(f, 'foreachPartition')
  const sink: OutputSink<T> = {
    name: 'foreachPartition',
    guarantee: 'at-least-once',
    write: async (records, delivery) => f(records, delivery),
  }
  stream.output({ operator: 'foreachPartition', name, operation: { ...sinkOperation(sink), isSink: false } })
}

async function deliver(batch: OutputBatch, sink: OutputSink<unknown>): Promise<void> {
  const partitions = await stagedRecords(batch)
  const { app, inc, clock, signal, notAfter } = batch.environment
  const shared = {
    app,
    inc,
    sink: batch.output,
    batch: batch.batch,
    timeMs: batch.timeMs,
    partitions: partitions.length,
  }
  for (const [partition, records] of partitions.entries()) {
    if (records.length === 0 && !sink.writesEmpty) continue
    try {
      await sink.write(records, {
        ...shared,
        ...(clock ? { clock } : {}),
        ...(signal ? { signal } : {}),
        ...(notAfter === undefined ? {} : { notAfter }),
        partition,
        key: [app, inc, batch.output, batch.batch, partition].join('/'),
      })
    } catch (error) {
      throw located(error, { operator: batch.output, batch: batch.batch, partition })
    }
  }
  await sink.finish?.(shared)
}
