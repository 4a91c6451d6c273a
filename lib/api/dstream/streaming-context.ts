import { SluiceError } from '../../model/errors.ts'
import { shownOr } from '../../model/settled.ts'
import { batchIntervalMs, Duration, type DurationLike, intervalMs, type Time } from '../../model/time.ts'
import { type Partitioner, partitionerOf } from '../../shuffle/partitioner.ts'
import type { StandardSchema } from '../../codec/standard-schema.ts'
import type { FileChoice } from '../../source/file-cut.ts'
import type { Receiver } from '../../source/receiver/receiver.ts'
import { receiverSource } from '../../source/receiver/receiver-source.ts'
import type {
  BytesToRecords,
  FileOptions,
  FollowOptions,
  HttpOptions,
  LineChoice,
  TextFileOptions,
} from '../../source/source-factories.ts'
import { anything, checkOptions, needsOptions, type Rules, type RulesOf } from '../../model/options.ts'
import { readSetting } from '../../model/settings/read.ts'
import type { Source } from '../../source/source.ts'
import { DStream, type Parts, type ShuffleOptions } from './dstream.ts'
import { defaultCheckpointDirectory, type Engine, engineFor } from './engine.ts'
import { type ContextState, StreamGraph } from '../../graph/graph.ts'
import { isInsideOutput, outsideOutputs } from '../../graph/inside-output.ts'
import { nameIn, type Named } from './named.ts'
import { MapWithStateDStream } from './operators/map-with-state.ts'
import type { StateSpec } from './operators/state-spec.ts'
import { transform } from './operators/transform.ts'
import { union } from './operators/union.ts'
import { callerPlace } from '../../model/place.ts'
import type { RDD } from '../rdd/rdd.ts'
import { queueSource } from './sources/queue-source.ts'
import { type RateOptions, type RateRecord, rateSource } from './sources/rate-source.ts'
import type { StorageLevel } from '../rdd/storage-level.ts'
import { optionsIn, SHUFFLE_OPTIONS } from './shuffle-options.ts'
import { sourceFactories } from './source-factories.ts'
import { standingIn } from './stand-ins.ts'
import { CONTEXT_TAKES, STREAM_TAKES } from './taken.ts'
import type { SparkConf, SparkConfLike } from '../../model/spark-conf.ts'
import { SparkContext } from '../rdd/spark-context.ts'
import { refuseSurplus } from '../rdd/surplus.ts'
import type { StreamNode } from '../../graph/stream-node.ts'
import { ListenerBus, type StreamingListener } from '../../observe/streaming-listener.ts'
import { Termination } from './termination.ts'
import { created, recoverOrCreate } from './recovery.ts'
import { validateStart } from './validate-start.ts'
import { badArgument, needsFlag, needsFunction, needsText } from '../../lineage/bad-argument.ts'
import { needsReceiver, needsSource, needsStream, needsTime, refuseSecondStdin } from './operators/given-arguments.ts'

/** Where Spark has a storage level, options may stand. */
const withoutLevel = <O extends Named>(options: StorageLevel | O, caller: string): O | Named =>
  'useDisk' in optionsOf(options, caller) ? {} : (options as O)

/** What the source itself looks at more closely. */
function optionsOf<O>(options: O, caller: string): O {
  needsOptions(caller, options)
  return options
}

let active: StreamingContext | null = null

/** What entry points of the library give a context; programs need none of it. */
export interface ContextOptions {
  /** @internal Brought by entry points that run the context somewhere special; the embedded engine otherwise. */
  readonly engine?: (context: StreamingContext) => Engine
  /** @internal A graph that was defined before, to run again (recovery within a process). */
  readonly graph?: StreamGraph
  /** @internal The host keeps checkpoints without being told a directory: the form `app(...)`. */
  readonly hosted?: boolean
}

const CONTEXT_OPTIONS: RulesOf<ContextOptions> = { engine: anything, graph: anything, hosted: anything }

/**
 * The entry to a streaming program (Spark: `StreamingContext`): define sources, operators and outputs, then start.
 * `app(...)` hands one out; the classic form makes one itself.
 */
export class StreamingContext {
  /** The driver's side: RDDs, broadcasts, accumulators, settings. Spark: `StreamingContext.sparkContext`. */
  readonly sparkContext: SparkContext
  /** The batch interval. Not in Spark. */
  readonly batchDuration: Duration
  /** @internal What was defined so far; for operators and engines. */
  readonly graph: StreamGraph
  /** @internal Whom events go to; `addStreamingListener` adds to it. */
  readonly listeners: ListenerBus
  /** @internal What `awaitTermination` waits for. */
  readonly termination = new Termination()
  /**
   * Where head, objects and state live between runs; `null` if checkpointing is off. Spark:
   * `StreamingContext.checkpointDir`.
   */
  checkpointDir: string | null
  /** @internal Goes on from what the checkpoint directory holds, instead of beginning anew. */
  recovers = false
  /** @internal Whether whoever runs the program keeps its checkpoints, as with `app(...)`. */
  readonly hosted: boolean
  readonly #ownsSparkContext: boolean
  readonly #makeEngine: (context: StreamingContext) => Engine
  #engine: Engine | null = null
  #stopping: Promise<void> | null = null

  /**
   * `batchDuration` is a duration or ms. Throws `E_INTERVAL` unless it is a whole number of ms from 1 to about 24.8
   * days. Spark: `StreamingContext`.
   */
  constructor(conf: SparkConfLike | SparkContext, batchDuration: DurationLike, options: ContextOptions = {}) {
    refuseSurplus([StreamingContext, CONTEXT_TAKES], [DStream, STREAM_TAKES])
    const ms = batchIntervalMs(batchDuration)
    checkOptions('StreamingContext', options, CONTEXT_OPTIONS)
    this.sparkContext = conf instanceof SparkContext ? conf : new SparkContext(conf)
    this.#ownsSparkContext = !(conf instanceof SparkContext)
    this.batchDuration = new Duration(ms)
    this.graph = options.graph ?? new StreamGraph(ms)
    this.listeners = new ListenerBus()
    this.checkpointDir =
      readSetting(this.sparkContext.conf, 'spark.streaming.checkpoint.directory') || defaultCheckpointDirectory()
    this.hosted = options.hosted ?? false
    this.#makeEngine = options.engine ?? engineFor
  }

  // — sources

  /**
   * A stream of a source. `name` is its identity over restarts; without one it is derived from its kind and order.
   * `demo` is what `sluice dev` reads instead. Not in Spark.
   */
  source<T>(source: Source<T>): DStream<T>
  source<T>(name: string, source: Source<T>, more?: { readonly demo?: Source<NoInfer<T>> }): DStream<T>
  source<T>(first: string | Source<T>, second?: Source<T>, more: { readonly demo?: Source<T> } = {}): DStream<T> {
    checkOptions('source', more, { demo: anything })
    const { demo } = more
    const name = typeof first === 'string' ? first : null
    const source = standingIn(name, typeof first === 'string' ? second! : first, demo ?? null)
    needsSource(source)
    const operator = source.name.toLowerCase().replaceAll(' ', '-')
    const node = this.graph.add<T, 'source'>({
      kind: 'source',
      operator,
      parents: [],
      slideMs: this.batchDuration.milliseconds,
      source,
      ...(name === null ? {} : { name }),
    })
    return new DStream<T>(this, node)
  }

  /**
   * Lines from a text server that this process connects to. The storage level is accepted for compatibility here and
   * below: what is received is stored before it counts. A line that is not of its encoding, or too long, is reported
   * and left out. Spark: `StreamingContext.socketTextStream`.
   */
  socketTextStream(host: string, port: number, options: StorageLevel | (LineChoice & Named) = {}): DStream<string> {
    const { name, ...choice } = withoutLevel(options, 'socketTextStream')
    needsText(host, 'socketTextStream', 'a host')
    return this.#sourceNamed(name, sourceFactories().socketText(host, port, choice))
  }
  /** Records that `convert` makes of the bytes of a connection. Spark: `StreamingContext.socketStream`. */
  socketStream<T>(
    host: string,
    port: number,
    convert: BytesToRecords<T>,
    options: StorageLevel | Named = {},
  ): DStream<T> {
    needsText(host, 'socketStream', 'a host')
    needsFunction(convert, 'socketStream')
    const name = nameIn('socketStream', withoutLevel(options, 'socketStream'))
    return this.#sourceNamed(name, sourceFactories().socketStream(host, port, convert))
  }
  /**
   * Blocks of records, each behind its length in four bytes, taken as they come. Spark:
   * `StreamingContext.rawSocketStream`.
   */
  rawSocketStream<T>(host: string, port: number, options: StorageLevel | Named = {}): DStream<T> {
    needsText(host, 'rawSocketStream', 'a host')
    const name = nameIn('rawSocketStream', withoutLevel(options, 'rawSocketStream'))
    return this.#sourceNamed(name, sourceFactories().rawSocket<T>(host, port))
  }
  /**
   * Lines of this process's standard input: `tail -f access.log | npx sluice run app.ts`. At its end the run stops,
   * once a batch has taken the last line. What is on its way when the process dies is lost. Throws `E_GRAPH` for a
   * second one. Not in Spark.
   */
  stdinStream(given: LineChoice & Named = {}): DStream<string> {
    const { name, ...options } = optionsOf(given, 'stdinStream')
    refuseSecondStdin(this.graph)
    return this.#sourceNamed(name, sourceFactories().standardInput(options))
  }
  /**
   * What others POST to a port of this machine: a record for each line of a body, or of JSON with `body: 'json'` or a
   * `schema`. A request is answered with 200 once its records are stored. Throws `E_ARGUMENT` for what is no port. Not
   * in Spark.
   */
  httpStream(
    port: number,
    options?: HttpOptions & Named & { readonly body?: 'lines'; readonly schema?: never },
  ): DStream<string>
  httpStream<T>(port: number, options: HttpOptions & Named & { readonly schema: StandardSchema<T> }): DStream<T>
  httpStream(port: number, options: HttpOptions & Named & { readonly body: 'json' }): DStream<unknown>
  httpStream(port: number, given: HttpOptions & Named = {}): DStream<any> {
    const { name, ...options } = optionsOf(given, 'httpStream')
    return this.#sourceNamed(name, sourceFactories().http(port, options))
  }
  /**
   * Lines that are appended to one file, each once a line break ends it, across restarts, rotation and truncation: the
   * position is the file itself (device and inode) and a byte in it. Throws `E_PLACE` for what is no local path. Not in
   * Spark.
   */
  followStream(path: string, given: FollowOptions & Named = {}): DStream<string> {
    const { name, ...options } = optionsOf(given, 'followStream')
    return this.#sourceNamed(name, sourceFactories().followedFile(path, { ...this.#setAside, ...options }))
  }
  /**
   * `perSecond` records a second, each with a `value`, counted from 0, and the `time` at which it is due, in ms since
   * the epoch: for trying things out and for load. A batch has those that became due since the batch before, so a
   * program that was down goes on where it stopped, and every run gives the same. Throws `E_ARGUMENT`. Not in Spark,
   * where it is a source of Structured Streaming.
   */
  rateStream(perSecond: number, given: RateOptions & Named = {}): DStream<RateRecord> {
    const { name, ...options } = optionsOf(given, 'rateStream')
    return this.#sourceNamed(name, rateSource(perSecond, options))
  }
  /**
   * Lines of the files that appear in a directory (or in all that match a glob), each file once. Spark:
   * `StreamingContext.textFileStream`.
   */
  textFileStream(directory: string, given: TextFileOptions & Named = {}): DStream<string> {
    const { name, ...options } = optionsOf(given, 'textFileStream')
    return this.#sourceNamed(name, sourceFactories().textFiles(directory, { ...this.#fileDefaults, ...options }))
  }
  /** Records of a fixed length in bytes, of files as above. Spark: `StreamingContext.binaryRecordsStream`. */
  binaryRecordsStream(directory: string, recordLength: number, given: FileChoice & Named = {}): DStream<Uint8Array> {
    const { name, ...options } = optionsOf(given, 'binaryRecordsStream')
    const choice = { ...this.#fileDefaults, ...options }
    return this.#sourceNamed(name, sourceFactories().binaryRecords(directory, recordLength, choice))
  }
  /**
   * Files as above, with a filter, with files that were there before, or read in a way of your own; lines unless `read`
   * is given. Spark: `StreamingContext.fileStream`.
   */
  fileStream<T = string>(directory: string, options: FileChoice & Partial<FileOptions<T>> & Named = {}): DStream<T> {
    const { read, name, ...choice } = { ...this.#fileDefaults, ...optionsOf(options, 'fileStream') }
    if (read !== undefined) needsFunction(read, 'fileStream')
    return this.#sourceNamed(
      name,
      (read
        ? sourceFactories().files(directory, { ...choice, read })
        : sourceFactories().textFiles(directory, choice)) as Source<T>,
    )
  }
  /**
   * Items that the program queues itself, one per batch or all at once; for tests, and lost with the process. Spark:
   * `StreamingContext.queueStream`.
   */
  queueStream<T>(
    queue: (RDD<T> | readonly T[])[],
    oneAtATime = true,
    defaultRDD: RDD<T> | null = null,
    options: Named = {},
  ): DStream<T> {
    needsFlag(oneAtATime, 'queueStream', 'oneAtATime')
    const name = nameIn('queueStream', options)
    const slices = this.sparkContext.defaultParallelism
    return this.#sourceNamed(name, queueSource(queue, { oneAtATime, defaultRDD, slices }))
  }
  /** What a receiver of your own receives. Spark: `StreamingContext.receiverStream`. */
  receiverStream<T>(receiver: Receiver<T>, options: Named = {}): DStream<T> {
    const name = nameIn('receiverStream', options)
    needsReceiver(receiver)
    return this.#sourceNamed(name, receiverSource(receiver))
  }

  /**
   * The records of all the streams. Throws `E_GRAPH` for none, and where they slide differently. Spark:
   * `StreamingContext.union`.
   */
  union<T>(streams: readonly DStream<T>[]): DStream<T> {
    return union(streams)
  }
  /** Any RDD program over the RDDs of several streams, in their order. Spark: `StreamingContext.transform`. */
  transform<T>(streams: readonly DStream<any>[], f: (rdds: RDD<any>[], time: Time) => RDD<T>): DStream<T> {
    return transform(streams, f, f)
  }
  /** `stream.mapWithState(spec)`. Spark: `PairDStreamFunctions.mapWithState`. */
  mapWithState<K, V, S, E>(
    stream: DStream<readonly [K, V]>,
    spec: StateSpec<K, V, S, E>,
  ): MapWithStateDStream<K, V, S, E> {
    needsStream(stream)
    return new MapWithStateDStream(stream, spec)
  }

  #sourceNamed<T>(name: string | undefined, source: Source<T>): DStream<T> {
    return name === undefined ? this.source(source) : this.source(name, source)
  }

  /** Where records may be set aside, so may what cannot be made a record of. */
  get #setAside(): { onDecodeError?: 'dead-letter' } {
    const isWanted = readSetting(this.sparkContext.conf, 'sluice.onError') === 'dead-letter'
    return isWanted ? { onDecodeError: 'dead-letter' } : {}
  }

  /** How long a file may take to become visible: `spark.streaming.fileStream.minRememberDuration`, or its old name. */
  get #fileDefaults(): { minRememberMs: number; onDecodeError?: 'dead-letter' } {
    const { conf } = this.sparkContext
    return {
      ...this.#setAside,
      minRememberMs:
        readSetting(conf, 'spark.streaming.fileStream.minRememberDuration') ??
        readSetting(conf, 'spark.streaming.minRememberDuration'),
    }
  }

  // — settings

  /**
   * Where head, blobs and state live between runs; `null` turns checkpointing off. Spark:
   * `StreamingContext.checkpoint`.
   */
  checkpoint(directory: string | null): void {
    this.assertNotStarted('change the checkpoint directory')
    if (directory !== null) needsText(directory, 'checkpoint', 'a directory, or null for none')
    this.checkpointDir = directory
  }
  /** Every stream keeps its past batches at least this long. May be called once. Spark: `StreamingContext.remember`. */
  remember(duration: DurationLike): void {
    this.assertNotStarted('change the remember duration')
    const ms = intervalMs(duration, 'remember duration')
    if (this.graph.rememberMs !== null) {
      throw new SluiceError(
        'E_CONTEXT_STATE',
        `Remember duration already set as ${this.graph.rememberMs} ms. Cannot set it again.`,
        {
          where: { place: callerPlace() },
          did: 'the first value stays',
          spark: 'IllegalArgumentException',
          next: ['call remember once'],
        },
      )
    }
    this.graph.rememberMs = ms
  }

  /** @internal Throws `E_CONTEXT_STATE`: what is settled at the start would change nothing any more. */
  assertNotStarted(doing: string, place: string = callerPlace()): void {
    if (this.getState() === 'INITIALIZED') return
    throw new SluiceError('E_CONTEXT_STATE', `Cannot ${doing} after streaming context has started`, {
      where: { place },
      did: 'nothing was changed',
      spark: 'UnsupportedOperationException',
      next: ['call it before start()'],
    })
  }

  /** @internal What `DStream.checkpoint` does. */
  setCheckpointInterval(node: StreamNode, interval: DurationLike): void {
    this.assertNotStarted('change checkpoint interval of a DStream', node.place)
    node.persisted = true
    node.checkpointMs = intervalMs(interval, 'checkpoint interval')
  }

  /**
   * Tells `listener` of batches, outputs and receivers from now on. Throws `E_ARGUMENT` for what cannot listen. Spark:
   * `StreamingContext.addStreamingListener`.
   */
  addStreamingListener(listener: StreamingListener): void {
    this.listeners.add(listener)
  }
  /** Tells `listener` nothing more. Spark: `StreamingContext.removeStreamingListener`. */
  removeStreamingListener(listener: StreamingListener): void {
    this.listeners.remove(listener)
  }
  /** `INITIALIZED` until start, `ACTIVE` until stop, then `STOPPED`. Spark: `StreamingContext.getState`. */
  getState(): ContextState {
    return this.graph.state
  }

  // — life cycle

  /**
   * Checks the program and begins batches in the background. A failed start leaves the context stopped. Spark:
   * `StreamingContext.start`.
   */
  start(): void {
    if (this.graph.state === 'STOPPED') {
      throw new SluiceError('E_CONTEXT_STATE', 'StreamingContext has already been stopped', {
        where: { place: callerPlace() },
        did: 'nothing was started',
        spark: 'IllegalStateException',
        next: ['make a new StreamingContext'],
      })
    }
    if (this.graph.state === 'ACTIVE') return
    if (active) {
      throw new SluiceError(
        'E_ONE_CONTEXT',
        'Only one StreamingContext may be started in this process. Another StreamingContext is running.',
        {
          where: { place: callerPlace() },
          did: 'the running one goes on',
          spark: 'IllegalStateException',
          next: ['stop it first: await StreamingContext.getActive()?.stop()'],
        },
      )
    }
    try {
      validateStart(this)
      this.#engine = this.#makeEngine(this)
      this.graph.state = 'ACTIVE'
      // oxlint-disable-next-line typescript/no-this-alias -- the one running context of the process
      active = this
      this.#engine.start()
    } catch (error) {
      this.graph.state = 'STOPPED'
      if (active === this) active = null
      throw error
    }
  }

  /**
   * Resolves when the context has stopped; throws the newest error that a batch reported. Does not stop anything
   * itself. Spark: `StreamingContext.awaitTermination`.
   */
  async awaitTermination(): Promise<void> {
    await this.termination.wait(null)
  }

  /**
   * `true` when stopped, `false` when `timeoutMs` passed first; throws a reported error. Spark:
   * `StreamingContext.awaitTerminationOrTimeout`.
   */
  awaitTerminationOrTimeout(timeoutMs: number): Promise<boolean> {
    if (typeof timeoutMs !== 'number' || Number.isNaN(timeoutMs))
      throw badArgument(`awaitTerminationOrTimeout was given ${shownOr(timeoutMs)}, and needs a number of ms.`)
    return this.termination.wait(this.#engine ? this.#engine.elapse(timeoutMs) : Promise.resolve())
  }

  /**
   * Stops receiving and running batches; gracefully, what was received is processed first. Safe to call again. The
   * SparkContext stops too unless told otherwise, or unless `spark.streaming.stopSparkContextByDefault` is false.
   * Called inside an output, it resolves at once, and the context stops when that output's batch is done: an output
   * cannot wait for its own end. Spark: `StreamingContext.stop`.
   */
  stop(stopSparkContext: boolean = this.#stopsByDefault(), stopGracefully = false): Promise<void> {
    if (this.listeners.delivering) {
      throw new SluiceError('E_STOP_IN_LISTENER', 'Cannot stop StreamingContext within listener bus thread.', {
        did: 'the context goes on',
        spark: 'SparkException',
        next: ['stop it from outside the listener, for example after awaiting something'],
      })
    }
    needsFlag(stopSparkContext, 'stop', 'stopSparkContext')
    needsFlag(stopGracefully, 'stop', 'stopGracefully')
    const own = isInsideOutput()
    this.#stopping ??= outsideOutputs(() => this.#stopOnce(stopGracefully))
    if (stopSparkContext) void this.#stopping.then(() => this.sparkContext.stop())
    if (stopSparkContext && !this.#engine) this.sparkContext.stop()
    return own ? Promise.resolve() : this.#stopping
  }

  async #stopOnce(graceful: boolean): Promise<void> {
    const engine = this.#engine
    if (!graceful || !engine) this.#becomeStopped()
    if (engine) await engine.stop(graceful)
    this.#becomeStopped()
    this.listeners.stop()
    this.termination.reportStop()
  }

  #becomeStopped(): void {
    this.graph.state = 'STOPPED'
    if (active === this) active = null
  }

  #stopsByDefault(): boolean {
    return readSetting(this.sparkContext.conf, 'spark.streaming.stopSparkContextByDefault')
  }

  /** @internal For engines: what `awaitTermination` throws. */
  reportError(error: unknown): void {
    this.termination.reportError(error)
  }

  /** `stream.slice(from, to)`. Spark: `DStream.slice`. */
  async slice<T>(stream: DStream<T>, from: Time, to: Time): Promise<RDD<T>[]> {
    needsStream(stream)
    for (const end of [from, to]) needsTime(end)
    if (!this.#engine) {
      throw new SluiceError('E_NOT_INITIALISED', 'This DStream has not been initialized', {
        where: { place: stream.node.place },
        did: 'nothing was computed',
        spark: 'SparkException',
        next: ['call slice after start()'],
      })
    }
    return this.#engine.slice(stream, from, to)
  }

  // — what operators ask for

  /** @internal The partitioner of a shuffle: as given, else hash over the default parallelism. */
  partitioner(parts: Parts | ShuffleOptions | undefined, rules: Rules = SHUFFLE_OPTIONS): Partitioner {
    const options = optionsIn(parts)
    if (options) checkOptions('this operator', options, rules)
    const given = options ? options.partitions : (parts as Parts | undefined)
    return partitionerOf(given === undefined ? this.sparkContext.defaultParallelism : given, { place: callerPlace() })
  }

  /** @internal The name among the options of an operator. */
  named(parts: Parts | { readonly name?: string } | undefined): { name?: string } {
    const name = optionsIn(parts)?.name
    return name === undefined ? {} : { name }
  }

  /** @internal What runs this context; `null` before start. */
  get engine(): Engine | null {
    return this.#engine
  }

  /** @internal Whether it made its SparkContext itself. */
  get ownsSparkContext(): boolean {
    return this.#ownsSparkContext
  }

  /** The context that is started and not stopped, if any. Spark: `StreamingContext.getActive`. */
  static getActive(): StreamingContext | undefined {
    return active ?? undefined
  }

  /**
   * Goes on from the checkpoint in `directory`, or calls `create` when there is none. Functions cannot be stored: in a
   * new process `create` is called as well, to define the graph again, and state and positions come from the
   * checkpoint. Throws when the checkpoint cannot be read, unless `createOnError`. Spark:
   * `StreamingContext.getOrCreate`.
   */
  static getOrCreate(
    directory: string,
    create: () => StreamingContext,
    conf?: SparkConfLike,
    createOnError = false,
  ): Promise<StreamingContext> {
    return recoverOrCreate(newContext, directory, create, conf, createOnError)
  }

  /** The active context; else as `getOrCreate`, or simply `create`. Spark: `StreamingContext.getActiveOrCreate`. */
  static async getActiveOrCreate(create: () => StreamingContext): Promise<StreamingContext>
  static async getActiveOrCreate(
    directory: string,
    create: () => StreamingContext,
    conf?: SparkConfLike,
    createOnError?: boolean,
  ): Promise<StreamingContext>
  static async getActiveOrCreate(
    first: string | (() => StreamingContext),
    create?: () => StreamingContext,
    conf?: SparkConfLike,
    createOnError = false,
  ): Promise<StreamingContext> {
    if (active) return active
    return typeof first === 'string' ? recoverOrCreate(newContext, first, create!, conf, createOnError) : created(first)
  }
}

const newContext = (spark: SparkContext | SparkConf, batchMs: number, options: ContextOptions): StreamingContext =>
  new StreamingContext(spark, batchMs, options)
