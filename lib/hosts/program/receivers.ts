import { located, type SluiceError } from '../../model/errors.ts'
import type { OperatorUid } from '../../model/ids.ts'
import type { Host } from '../../host/host.ts'
import type { Head } from '../../model/head.ts'
import type { Manifest } from '../../model/manifest.ts'
import type { ReceiverEvents } from '../../source/source.ts'
import { SourcePort } from '../../source/source-port.ts'
import type { SourceNode } from '../../graph/stream-node.ts'
import type { ListenerBus } from '../../observe/streaming-listener.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import type { SettingReader } from '../../model/settings/read.ts'
import { sourceIo } from '../../runtime/task/read-split.ts'

interface Input {
  readonly id: number
  readonly node: SourceNode
  readonly port: SourcePort<unknown>
}

/** The program whose sources run. */
interface ReceivingProgram {
  readonly graph: StreamGraph
  readonly settings: SettingReader
  readonly listeners: ListenerBus
}

/**
 * The sources of a context while it runs: those that receive on their own are started and stopped, and told how fast
 * they may go.
 */
export class Receivers {
  readonly #host: Host<Head>
  readonly #of: ReceivingProgram
  readonly #inputs: readonly Input[]
  readonly #exhausted = new Set<number>()
  readonly #allExhausted = Promise.withResolvers<void>()
  #head: Pick<Head, 'app' | 'inc'> | null = null

  constructor(host: Host<Head>, of: ReceivingProgram) {
    this.#host = host
    this.#of = of
    const reachable = of.graph.reachable()
    this.#inputs = of.graph.inputs
      .map((node, id) => ({
        id,
        node,
        port: new SourcePort(node.uid, node.source),
      }))
      .filter(({ node }) => reachable.has(node))
  }

  async start(head: Pick<Head, 'app' | 'inc'>, manifest: Manifest | null): Promise<void> {
    this.#head = head
    for (const { id, node, port } of this.#inputs) {
      await port.start({
        io: sourceIo(this.#host, head, node.uid),
        streamId: id,
        position: manifest?.positions[node.uid] ?? null,
        settings: this.#of.settings,
        events: this.#events,
      })
    }
  }

  async stop(graceful: boolean): Promise<void> {
    await Promise.all(this.#inputs.map(({ port }) => port.stop(graceful)))
  }

  /** Of those that are stopped, what kept each from receiving. */
  failures(): SluiceError[] {
    return this.#inputs.flatMap(({ node }) => {
      const failure = node.source.receiver?.failure?.()
      return failure ? [located(failure, { operator: node.uid, place: node.place }) as SluiceError] : []
    })
  }

  /** Resolves when every source has said that nothing will come any more: never, where one of them has no end. */
  get exhausted(): Promise<void> {
    return this.#allExhausted.promise
  }

  /** Blocks that were received and that no batch has taken. */
  waiting(): number {
    return this.#inputs.reduce((sum, { node }) => sum + (node.source.receiver?.waiting() ?? 0), 0)
  }

  /** Batches up to `manifest` are done: sources may let go of what only those needed. */
  async committed(manifest: Manifest): Promise<void> {
    for (const { node, port } of this.#inputs) {
      const position = manifest.positions[node.uid]
      if (position !== undefined) await port.committed(position, sourceIo(this.#host, this.#head!, node.uid))
    }
  }

  /** How many records per second each source may receive from now on. */
  updateRates(rates: ReadonlyMap<OperatorUid, number>): void {
    for (const { node } of this.#inputs) {
      const rate = rates.get(node.uid)
      if (rate !== undefined) node.source.receiver?.updateRate(rate)
    }
  }

  get #events(): ReceiverEvents {
    const { listeners } = this.#of
    return {
      started: (receiverInfo) => listeners.post('onReceiverStarted', { receiverInfo }),
      error: (receiverInfo) => listeners.post('onReceiverError', { receiverInfo }),
      stopped: (receiverInfo) => listeners.post('onReceiverStopped', { receiverInfo }),
      exhausted: (streamId) => {
        this.#exhausted.add(streamId)
        if (this.#inputs.every(({ id }) => this.#exhausted.has(id))) this.#allExhausted.resolve()
      },
    }
  }
}
