import { BUNDLED, type Delivery, type OutputSink } from '../../output/sink.ts'
import { type SinkOperation, sinkOperation } from '../../api/dstream/operators/for-each-partition.ts'
import { stagedRecords } from '../../graph/stagers.ts'
import type { OutputBatch, OutputOperation } from '../../graph/output-operation.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import type { OutputNode } from '../../graph/stream-node.ts'

/** One time that an output is given something: a partition for a sink, a batch for any other output. */
export interface Giving {
  readonly node: OutputNode
  readonly batch: number
  readonly partition: number | null
  /** What a receiver would recognise a repeat by; `finish` of a sink has none. */
  readonly key: string | null
  readonly rows: readonly unknown[]
  /** The rows are the first of many, and others might have come first. */
  readonly isCut?: boolean
}

/**
 * Sees every giving, and decides whether, when and how often `show` happens: that is the program's own code, or nothing
 * where the library's would reach outside.
 */
type Watch = (giving: Giving, show: () => Promise<void>) => Promise<void>

/** Stands between the engine and every output of a program. */
export function watchOutputs(graph: StreamGraph, watch: Watch): void {
  for (const node of graph.outputs) {
    const operation = node.output
    graph.replaceOutput(
      node,
      'sink' in operation ? throughSink(node, operation as SinkOperation, watch) : throughBatch(node, operation, watch),
    )
  }
}

/** Whether the program's own code runs when this output is given something. */
export const runsItself = (node: OutputNode): boolean => {
  const { sink } = node.output as SinkOperation
  return sink === undefined ? node.operator === 'foreachRDD' : sink[BUNDLED] !== true
}

function throughSink(node: OutputNode, { sink, order }: SinkOperation, watch: Watch): OutputOperation {
  const shows = runsItself(node)
  const watched: OutputSink<unknown> = {
    name: sink.name,
    guarantee: sink.guarantee,
    ...(sink.writesEmpty === undefined ? {} : { writesEmpty: sink.writesEmpty }),
    write: (records: readonly unknown[], delivery: Delivery) =>
      watch(
        { node, batch: delivery.batch, partition: delivery.partition, key: delivery.key, rows: records },
        async () => {
          if (shows) await sink.write(records, delivery)
        },
      ),
    ...(sink.finish
      ? {
          finish: (batch) =>
            watch({ node, batch: batch.batch, partition: null, key: null, rows: [] }, async () => {
              if (shows) await sink.finish!(batch)
            }),
        }
      : {}),
  }
  return sinkOperation(watched, order)
}

/** What the output reads is read before it runs: it may wait for something real then, and virtual time stands still. */
function throughBatch(node: OutputNode, operation: OutputOperation, watch: Watch): OutputOperation {
  return {
    guarantee: operation.guarantee,
    ...(operation.prefix === undefined ? {} : { prefix: operation.prefix }),
    stage: () => operation.stage(),
    publish: async (batch) => {
      const bytes = new Map<string, Uint8Array>()
      for (const { ref } of batch.parts) if (ref) bytes.set(ref.key, await batch.read(ref))
      const here: OutputBatch = { ...batch, read: async (ref) => bytes.get(ref.key)! }
      const rows = (await stagedRecords(here)).flat()
      await watch(
        {
          node,
          batch: batch.batch,
          partition: null,
          key: `${batch.output}/${batch.batch}`,
          rows,
          isCut: batch.parts.some(({ records }) => records >= (operation.prefix ?? Infinity)),
        },
        async () => operation.publish(here),
      )
    },
  }
}
