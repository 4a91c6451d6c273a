import type { OutputOperation } from '../graph/output-operation.ts'
import { stagedRecords } from '../graph/stagers.ts'
import type { StreamGraph } from '../graph/graph.ts'
import type { OutputNode } from '../graph/stream-node.ts'

/** What an output showed for one batch. */
export interface ShownBatch {
  /** Number of the batch. */
  readonly batch: number
  /** Batch time in ms since the epoch. */
  readonly timeMs: number
  /** What was shown, in order of partition. */
  readonly rows: readonly any[]
}

/**
 * What one output of the program has shown so far. A batch that was shown again after a crash counts once, because its
 * content is the same.
 */
export class TestOutput {
  /** Name of the output. */
  readonly name: string
  readonly #shown = new Map<number, ShownBatch>()
  /** How often it was published, repeats after crashes and failures included. */
  attempts = 0

  /** @internal `t.output(name)` gives one. */
  constructor(name: string) {
    this.name = name
  }

  /** In order of batch. Batches without this output (between the slides of a window) are left out. */
  get batches(): readonly ShownBatch[] {
    return [...this.#shown.values()].sort((a, b) => a.batch - b.batch)
  }
  /** The newest batch; `undefined` before the first. */
  get last(): ShownBatch | undefined {
    return this.batches.at(-1)
  }
  /** The rows of the last batch; none before the first. */
  get rows(): readonly any[] {
    return this.last?.rows ?? []
  }

  /** @internal Records what was shown. */
  show(batch: ShownBatch): void {
    this.#shown.set(batch.batch, batch)
  }
}

interface OutputWatch {
  readonly output: TestOutput
  /** Throws what the test wants this attempt to fail with. */
  readonly before: () => void
  /** Comes between the first half of the output and the rest. */
  readonly midway: () => Promise<void> | null
}

/**
 * Puts a recorder where an output goes out. Sinks are replaced, so that a test reaches nothing outside; functions of
 * the program (`foreachRDD`, `foreachPartition`, `print`) run as they always do.
 */
export function watchOutput(graph: StreamGraph, node: OutputNode, { output, before, midway }: OutputWatch): void {
  const operation = node.output
  const isSink = node.operator === 'output'
  const watched: OutputOperation = {
    guarantee: operation.guarantee,
    order: operation.order ?? 'after',
    stage: () => operation.stage(),
    publish: async (batch) => {
      output.attempts++
      before()
      if (isSink) await midway()
      else await operation.publish(batch)
      output.show({ batch: batch.batch, timeMs: batch.timeMs, rows: (await stagedRecords(batch)).flat() })
      if (!isSink) await midway()
    },
  }
  graph.replaceOutput(node, watched)
}
