import type { OperatorUid } from '../../model/ids.ts'
import type { Host } from '../../host/host.ts'
import type { Head } from '../../model/head.ts'
import type { LearnedRate, Manifest } from '../../model/manifest.ts'
import { type CompletedBatch, createRateController, type RateController } from '../../source/rate/rate-controller.ts'
import type { ReceiverEvents } from '../../source/source.ts'
import { SourcePort } from '../../source/source-port.ts'
import type { SourceNode } from '../../graph/stream-node.ts'
import type { BatchInfo, ListenerBus, StreamingListener } from '../../observe/streaming-listener.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import type { SettingReader } from '../../model/settings/read.ts'
import { sourceIo } from '../batch/plan-batch.ts'

interface Input {
  readonly id: number
  readonly node: SourceNode
  readonly port: SourcePort<unknown>
  readonly rate: RateController | null
}

/** The program whose sources run. */
interface ReceivingProgram {
  readonly graph: StreamGraph
  readonly settings: SettingReader
  readonly listeners: ListenerBus
}

/**
 * The sources of a context while it runs: those that receive on their own are started and stopped, and all are told how
 * fast they may go.
 */
export class Receivers {
  readonly #host: Host<Head>
  readonly #of: ReceivingProgram
  readonly #inputs: readonly Input[]
  readonly #exhausted = new Set<number>()
  readonly #allExhausted = Promise.withResolvers<void>()
  #head: Pick<Head, 'app' | 'inc'> | null = null
  readonly #listener: StreamingListener = { onBatchCompleted: ({ batchInfo }) => this.#learn(batchInfo) }

  constructor(host: Host<Head>, of: ReceivingProgram) {
    this.#host = host
    this.#of = of
    const reachable = of.graph.reachable()
    const batchMs = of.graph.batchMs
    this.#inputs = of.graph.inputs
      .map((node, id) => ({
        id,
        node,
        port: new SourcePort(node.uid, node.source),
        rate: createRateController(of.settings, batchMs),
      }))
      .filter(({ node }) => reachable.has(node))
    of.listeners.add(this.#listener)
  }

  async start(head: Pick<Head, 'app' | 'inc'>, manifest: Manifest | null): Promise<void> {
    this.#head = head
    for (const { id, node, port, rate } of this.#inputs) {
      const learned = manifest?.rates?.[node.uid]
      if (learned) rate?.recall(learned)
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

  /** Hears of no further batch: the context may outlive its coordinator. */
  forget(): void {
    this.#of.listeners.remove(this.#listener)
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

  /** Most records that the next batch may take of a source; receivers are limited while they receive. */
  limitOf(source: OperatorUid): number | null {
    const input = this.#inputs.find(({ node }) => node.uid === source)
    if (!input || input.node.source.receiver) return null
    return input.rate?.limit(this.#of.graph.batchMs) ?? null
  }

  /** What backpressure knows once the batch is done, should it be done now: for whoever runs the next one. */
  learnedAfter(info: BatchInfo): Record<string, LearnedRate> | null {
    const learned = this.#inputs.flatMap(({ id, node, rate }): [string, LearnedRate][] =>
      rate ? [[node.uid, rate.memoryAfter(completedBatch(info, id))]] : [],
    )
    return learned.length > 0 ? Object.fromEntries(learned) : null
  }

  #learn(info: BatchInfo): void {
    for (const { id, node, rate } of this.#inputs) {
      const updated = rate?.batchCompleted(completedBatch(info, id)) ?? null
      if (updated !== null) node.source.receiver?.updateRate(updated)
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

/** One that has read nothing of the stream teaches nothing. */
const completedBatch = (
  { streamIdToInputInfo, processingEndTime, processingDelay, schedulingDelay }: BatchInfo,
  stream: number,
): CompletedBatch => ({
  processingEndTime: processingEndTime!,
  records: streamIdToInputInfo.get(stream)?.numRecords ?? 0,
  processingDelay: processingDelay!,
  schedulingDelay: schedulingDelay!,
})
