import type { StreamGraph } from '../../../lib/graph/graph.ts'
import { BatchesSource } from '../batches-source.ts'

/**
 * The same records in every batch; counts in how many recovered graphs it is an input, which is how an input is
 * restored.
 */
export class RestoredSource extends BatchesSource {
  #restored = 0

  constructor(records: readonly unknown[]) {
    super(() => records, 1)
  }

  recovered(graph: StreamGraph): void {
    this.#restored += graph.inputs.filter((node) => node.source === this).length
  }
  restored(): number {
    return this.#restored
  }
}
