import type { Host } from '../host/host.ts'
import type { Head } from '../model/head.ts'
import type { Manifest } from '../model/manifest.ts'
import type { StreamNode } from '../stream/stream-node.ts'
import type { StreamingContext } from '../stream/streaming-context.ts'

/** The sources of a context that receive on their own, from start to stop. */
export class Receivers {
  readonly #host: Host<Head>
  readonly #context: StreamingContext

  constructor(host: Host<Head>, context: StreamingContext) {
    this.#host = host
    this.#context = context
  }

  get #inputs(): { readonly id: number; readonly node: StreamNode }[] {
    const reachable = this.#context.graph.reachable()
    return this.#context.graph.inputs.map((node, id) => ({ id, node })).filter(({ node }) => node.source!.receiver && reachable.has(node))
  }

  async start(_manifest: Manifest | null): Promise<void> {
    void this.#host
    void this.#inputs
  }

  async stop(_graceful: boolean): Promise<void> {}
  async committed(_manifest: Manifest): Promise<void> {}
  limitOf(_source: string): number | null { return null }
}
