import { type DStream, type StreamingContext, type StreamingListener } from '../../../lib/index.ts'
import { BatchesSource } from '../batches-source.ts'
import type { Batches, Fn, Op } from '../cases.ts'
import { compile, type AnyFunction } from '../functions.ts'
import { applyPipeline } from '../ops.ts'
import { ListenerObject } from './listener.ts'
import { ScriptReceiver, type ReceiverSpec } from './receiver.ts'
import { RestoredSource } from './restored-source.ts'
import { StreamObject } from './stream.ts'
import type { World } from './world.ts'

/** A StreamingContext as scripts speak of it. */
export class ContextObject {
  readonly context: StreamingContext
  started = false
  explicitCheckpointMs: number | null = null
  /** Times of completed batches, in order. */
  readonly completed: number[] = []
  #received = 0
  #processed = 0
  readonly #world: World

  constructor(world: World, context: StreamingContext) {
    this.#world = world
    this.context = context
    const listener: StreamingListener = {
      onBatchStarted: ({ batchInfo }) => {
        this.#received += batchInfo.numRecords
      },
      onBatchCompleted: ({ batchInfo }) => {
        this.#processed += batchInfo.numRecords
        this.completed.push(batchInfo.batchTime)
      },
    }
    context.addStreamingListener(listener)
  }

  // — inputs

  /** Batch i holds 1 to i. */
  addInput(name: string): StreamObject {
    return this.#named(name, new BatchesSource((i) => Array.from({ length: i + 1 }, (_, n) => n + 1), 2))
  }
  queueOfBatches(name: string, batches: Batches): StreamObject {
    return this.#named(name, new BatchesSource(batches, 2))
  }
  newInput(): StreamObject {
    return this.#wrap(this.context.source(new BatchesSource([], 1)))
  }
  customInput(name: string): StreamObject {
    return this.#named(name, new RestoredSource([1]))
  }

  queueStream(queue: string, { oneAtATime = true }: { readonly oneAtATime?: boolean } = {}): StreamObject {
    const rdds: any[] = []
    this.#world.objects.set(queue, {
      enqueue: (records: any[]) => rdds.push(this.context.sparkContext.parallelize(records)),
    })
    return this.#wrap(this.context.queueStream(rdds, oneAtATime))
  }

  textFileStream(directory: string): StreamObject {
    return this.#wrap(this.context.textFileStream(directory))
  }
  binaryRecordsStream(directory: string, length: number): StreamObject {
    return this.#wrap(this.context.binaryRecordsStream(directory, length))
  }
  fileStream(directory: string, { newFilesOnly = true }: { readonly newFilesOnly?: boolean } = {}): StreamObject {
    const lines = (_path: string, bytes: Uint8Array): string[] =>
      Buffer.from(bytes)
        .toString()
        .split('\n')
        .filter((line) => line !== '')
    return this.#wrap(this.context.fileStream(directory, { newFilesOnly, read: lines }))
  }

  socketTextStream(server: string): StreamObject {
    const { port } = this.#world.objects.get(server) as { readonly port: number }
    return this.#wrap(this.context.socketTextStream('127.0.0.1', port))
  }

  receiverStream(spec: ReceiverSpec): StreamObject {
    const receiver = new ScriptReceiver(spec, this.#world.bed)
    this.#world.objects.set('receiver', receiver)
    return this.#wrap(this.context.receiverStream(receiver))
  }
  newReceiverInput(): StreamObject {
    return this.#wrap(this.context.receiverStream(new ScriptReceiver({}, this.#world.bed)))
  }

  #named(name: string, source: ConstructorParameters<typeof StreamObject>[3]): StreamObject {
    const stream = this.#wrap(this.context.source(source!), source)
    this.#world.objects.set(name, stream)
    return stream
  }

  #wrap(stream: DStream<any>, source?: ConstructorParameters<typeof StreamObject>[3]): StreamObject {
    return new StreamObject(this.#world, this, stream, source)
  }

  // — definition

  foreachRDD(name: string, fn?: Fn): void {
    this.#world.stream(name).foreachRDD(fn)
  }
  remember(ms: number): void {
    this.context.remember(ms)
  }
  addListener(options: { readonly onFirstBatchCompleted?: string } = {}): ListenerObject {
    const listener = new ListenerObject(this, options)
    this.context.addStreamingListener(listener.events)
    return listener
  }

  /** The stream of states becomes known as `stateStream`. */
  async mapWithStateAndStart(f: Fn): Promise<void> {
    const pairs = this.#wrap(this.context.source(new BatchesSource([], 1))).stream.map((key: any) => [key, 1])
    const mapped = applyPipeline(pairs, [{ op: 'mapWithState', args: [f] }], this.operators)
    if (this.explicitCheckpointMs !== null) mapped.checkpoint(this.explicitCheckpointMs)
    mapped.foreachRDD(() => {})
    this.#world.objects.set('stateStream', this.#wrap(mapped))
    await this.start()
  }

  get operators() {
    return {
      context: this.context,
      scope: this.#world.bed.scope,
      stream: (name: string) => this.#world.stream(name).stream,
    }
  }

  pipeline(stream: DStream<any>, ops: readonly Op[]): StreamObject {
    return this.#wrap(applyPipeline(stream, ops, this.operators))
  }
  compile(fn: Fn): AnyFunction {
    return compile(fn, this.#world.bed.scope)
  }

  // — life

  async start(): Promise<void> {
    this.started = true
    await this.#world.bed.start(this.context)
  }

  stop({
    stopBackend,
    graceful = false,
  }: { readonly stopBackend?: boolean; readonly graceful?: boolean } = {}): Promise<void> {
    return this.context.stop(stopBackend, graceful)
  }

  awaitTermination(): Promise<void> {
    return this.context.awaitTermination()
  }
  awaitTerminationOrTimeout(ms: number): Promise<boolean> {
    return this.context.awaitTerminationOrTimeout(ms)
  }
  useBackend(records: readonly any[]): { readonly count: number } {
    return { count: this.context.sparkContext.parallelize([...records]).count() }
  }
  stopBackend(): void {
    this.context.sparkContext.stop()
  }
  setJobGroup(group: string): void {
    this.context.sparkContext.setJobGroup(group, '')
  }
  setLocalProperty(name: string, value: string): void {
    this.context.sparkContext.setLocalProperty(name, value)
  }
  serializeCheckpoint(timeMs: number): Promise<unknown> {
    return this.#world.creator('create').checkpointOf(this.context, timeMs)
  }

  // — checks

  getState(): string {
    return this.context.getState()
  }
  schedulerRunning(): boolean {
    return this.context.engine !== null && this.context.getState() === 'ACTIVE'
  }
  checkpointDirSet(): boolean {
    return this.context.checkpointDir !== null
  }
  conf(key: string): string | null {
    return this.context.sparkContext.conf.get(key, '') || null
  }
  localProperty(name: string): string | null {
    return this.context.sparkContext.getLocalProperty(name)
  }
  completedBatches(): number {
    return this.completed.length
  }
  totalReceivedRecords(): number {
    return this.#received
  }
  totalProcessedRecords(): number {
    return this.#processed
  }
  inputStreamCount(): number {
    return this.context.graph.inputs.length
  }
  inputStreamIds(): number[] {
    return this.context.graph.inputs.map((_, id) => id)
  }
  receiverInputStreamIds(): number[] {
    return this.#receiverInputs.map((node) => this.context.graph.inputs.indexOf(node))
  }
  receiverInputStreams(): string[] {
    return this.#receiverInputs.map((node) => this.#nameOf(node))
  }

  get #receiverInputs() {
    return this.context.graph.inputs.filter((node) => node.source.receiver)
  }
  #nameOf(node: unknown): string {
    return (
      [...this.#world.objects].find(
        ([, object]) => object instanceof StreamObject && object.stream.node === node,
      )?.[0] ?? 'nameless'
    )
  }
}
