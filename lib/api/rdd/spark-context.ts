import { AsyncLocalStorage } from 'node:async_hooks'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { SluiceError } from '../../model/errors.ts'
import { anything, checkOptions, type RulesOf, text } from '../../model/options.ts'
import { callerPlace } from '../../model/place.ts'
import { isWalked, kindOf, shownOr } from '../../model/settled.ts'
import { Accumulators, AccumulatorV2, CollectionAccumulator, NumberAccumulator } from '../../lineage/accumulator.ts'
import { runOnIterators } from './actions/collect.ts'
import { splitsOf } from './actions/partials.ts'
import { badArgument, needsFunction, needsText, nodeOf } from '../../lineage/bad-argument.ts'
import { Broadcast } from './broadcast.ts'
import { fileBytes, textIn } from './file-text.ts'
import { objectFileNode, textFileNode, wholeFilesNode } from './files.ts'
import type { Inferred } from '../../lineage/inferred.ts'
import type { Driver } from '../../lineage/driver.ts'
import type { JobRunner } from '../../lineage/jobs.ts'
import { collectionNode, emptyNode } from '../../lineage/leaves.ts'
import type { RddNode } from '../../lineage/node.ts'
import { RDD } from './rdd.ts'
import { RddActions } from './rdd-actions.ts'
import { refuseSurplus } from './surplus.ts'
import { ACTIONS_TAKE, CONTEXT_TAKES, RDD_TAKES } from './taken.ts'
import { ResidentRunner } from '../../lineage/resident.ts'
import { readSetting } from '../../model/settings/read.ts'
import { APP_NAME, type SparkConfLike, MASTER, SparkConf } from '../../model/spark-conf.ts'
import { checkedPartitions } from '../../shuffle/partitioner.ts'

/** What entry points of the library give a context; programs need none of it. */
interface SparkContextOptions {
  /**
   * What `local[*]` means; the machine's cores if it is left out. Processes that build one program must agree on it.
   */
  readonly cores?: number
  /** @internal Who runs jobs on RDDs; this process if it is left out. */
  readonly runner?: JobRunner
  /** `local-<name>` if it is left out. */
  readonly applicationId?: string
}

const OPTIONS: RulesOf<SparkContextOptions> = { cores: anything, runner: anything, applicationId: text }

let active: SparkContext | null = null

/**
 * The driver's side of a program: makes RDDs and what functions share (Spark: `SparkContext`). Runs in this process;
 * its RDDs are computed here, or in the tasks of a stream's batches.
 */
export class SparkContext {
  /** Its settings. `getConf` gives a copy. Spark: `SparkContext.conf`. */
  readonly conf: SparkConf
  /** @internal Runs jobs on RDDs that this context makes. */
  readonly runner: JobRunner
  /** `local-<name>` unless the host gives another. Spark: `SparkContext.applicationId`. */
  readonly applicationId: string
  /**
   * Partitions where nothing else says how many: `spark.default.parallelism`, else n of `local[n]`, else (no master)
   * all cores. Spark: `SparkContext.defaultParallelism`.
   */
  readonly defaultParallelism: number
  /** @internal The accumulators that tasks may add to. */
  readonly accumulators = new Accumulators()
  /** @internal Set while a stream runs its batches: a batch that runs again replaces the files of its first attempt. */
  overwriteOutput = false
  /** What `setLogLevel` was given last. Spark: `SparkContext.setLogLevel`. */
  logLevel = 'WARN'
  readonly #properties = new Map<string, string>()
  /** The properties of jobs that run in the background. */
  readonly #inherited = new AsyncLocalStorage<ReadonlyMap<string, string>>()
  #checkpointDir: string | null = null
  #rdds = 0
  #broadcasts = 0
  #stoppedAt: string | null = null

  /** Settings, or master and name as in `new SparkContext('local[2]', 'NetworkWordCount')`. Spark: `SparkContext`. */
  constructor(conf?: SparkConfLike, options?: SparkContextOptions)
  constructor(master: string, appName: string, options?: SparkContextOptions)
  constructor(
    first: SparkConfLike | string = {},
    second: SparkContextOptions | string = {},
    third: SparkContextOptions = {},
  ) {
    refuseSurplus([RddActions, ACTIONS_TAKE], [RDD, RDD_TAKES], [SparkContext, CONTEXT_TAKES])
    const [appName, options] = typeof second === 'string' ? [second, third] : [undefined, second]
    if (typeof options !== 'object' || options === null)
      throw badArgument(
        `SparkContext was given ${shownOr(options)} for its app name.`,
        "new SparkContext('local', 'x')",
      )
    checkOptions('SparkContext', options, OPTIONS)
    // A copy: later changes to the caller's settings have no effect, as in Spark.
    this.conf =
      typeof first === 'string'
        ? new SparkConf({ master: first, ...(appName === undefined ? {} : { appName }) })
        : SparkConf.from(first).clone()
    // oxlint-disable-next-line typescript/no-this-alias -- the newest context of the process
    active = this
    this.runner = options.runner ?? new ResidentRunner()
    this.applicationId = options.applicationId ?? `local-${this.appName}`
    this.defaultParallelism = checkedPartitions(
      readSetting(this.conf, 'spark.default.parallelism') ?? threadsOf(this.master, options.cores),
      { place: callerPlace() },
    )
  }

  /** @internal The context that the engine was given as its driver. Throws `TypeError` for one of another API. */
  static of(driver: Driver): SparkContext {
    if (driver instanceof SparkContext) return driver
    throw new TypeError('this program was not built with a SparkContext')
  }

  /** The newest context of this process that has not been stopped. Spark: `SparkContext.getOrCreate`. */
  static getActive(): SparkContext | null {
    return active?.isStopped ? null : active
  }

  /** `spark.app.name`, `sluice` if it is not set. Spark: `SparkContext.appName`. */
  get appName(): string {
    return readSetting(this.conf, APP_NAME)
  }
  /** `spark.master`, `local[*]` if it is not set. Spark: `SparkContext.master`. */
  get master(): string {
    return readSetting(this.conf, MASTER)
  }
  /**
   * Partitions of a file at least: 2, or fewer if the default parallelism is less. Spark:
   * `SparkContext.defaultMinPartitions`.
   */
  get defaultMinPartitions(): number {
    return Math.min(this.defaultParallelism, 2)
  }
  /** Whether the master begins with `local`. Spark: `SparkContext.isLocal`. */
  get isLocal(): boolean {
    return this.master.startsWith('local')
  }
  /** Whether `stop` was called. Spark: `SparkContext.isStopped`. */
  get isStopped(): boolean {
    return this.#stoppedAt !== null
  }

  /** A copy of its settings. Spark: `SparkContext.getConf`. */
  getConf(): SparkConf {
    return this.conf.clone()
  }

  /**
   * The program's own records in even slices. The RDD keeps a copy of the list, and hands out copies of the records:
   * what a function does to one is not seen by the next batch. Throws `E_ARGUMENT` for what cannot be walked. Spark:
   * `SparkContext.parallelize`.
   */
  parallelize<T extends Inferred>(records: Iterable<T>, slices: number = this.defaultParallelism): RDD<T> {
    if (typeof records !== 'string' && !isWalked(records))
      throw badArgument(`parallelize takes many records, and was given ${kindOf(records)}.`, 'pass an array')
    return this.#rdd('parallelize', collectionNode(Array.from(records), checkedPartitions(slices, here())))
  }

  /** The same as `parallelize`. Spark: `SparkContext.makeRDD`. */
  makeRDD<T extends Inferred>(records: Iterable<T>, slices?: number): RDD<T> {
    return this.parallelize(records, slices)
  }

  /** No records and no partitions. Spark: `SparkContext.emptyRDD`. */
  emptyRDD<T = never>(): RDD<T> {
    return this.#rdd<T>('emptyRDD', emptyNode())
  }

  /** `start`, `start + step`, … below `end`; with one argument, from 0. Spark: `SparkContext.range`. */
  range(start: number, end?: number, step: number = 1, slices?: number): RDD<number> {
    const [from, to] = end === undefined ? [0, start] : [start, end]
    for (const bound of [from, to, step])
      if (!Number.isFinite(bound))
        throw badArgument(`range was given ${shownOr(bound)}, and needs numbers.`, 'sparkContext.range(0, 100)')
    if (step === 0) throw badArgument('The step of a range cannot be 0.', 'pass a step such as 1 or -1')
    const count = Math.max(0, Math.ceil((to - from) / step))
    if (count > RANGE_MAX) throw badArgument(`A range of ${count} numbers is too long.`, `pass up to ${RANGE_MAX}`)
    return this.parallelize(
      Array.from({ length: count }, (_, i) => from + i * step),
      slices,
    )
  }

  /** All records of all the RDDs; nothing is removed. Spark: `SparkContext.union`. */
  union<T>(rdds: readonly RDD<T>[]): RDD<T>
  union<T>(...rdds: readonly RDD<T>[]): RDD<T>
  union<T>(first: readonly RDD<T>[] | RDD<T>, ...others: readonly RDD<T>[]): RDD<T> {
    const [head, ...tail] = Array.isArray(first) ? first : [first as RDD<T>, ...others]
    if (head !== undefined || !Array.isArray(first)) nodeOf(head, 'union')
    return head ? head.union(...tail) : this.emptyRDD<T>()
  }

  /**
   * Lines of local files, also packed by gzip or zstd; a folder, a pattern such as `logs/*.txt`, and a list with commas
   * will do. Throws `E_INPUT_PATH`; reading throws `E_DECODE_UTF8`, `E_FILE_CORRUPT` and `E_FILE_FORMAT`. Spark:
   * `SparkContext.textFile`.
   */
  textFile(path: string, partitionsMin: number = this.defaultMinPartitions): RDD<string> {
    return this.#rdd('textFile', textFileNode(path, checkedPartitions(partitionsMin, here())))
  }

  /** Absolute path and text of each file; throws as `textFile` does. Spark: `SparkContext.wholeTextFiles`. */
  wholeTextFiles(path: string, partitionsMin: number = this.defaultMinPartitions): RDD<[string, string]> {
    return this.#rdd(
      'wholeTextFiles',
      wholeFilesNode(path, checkedPartitions(partitionsMin, here()), (file) => textIn(fileBytes(file), file, 0)),
    )
  }

  /** Absolute path and bytes of each file. Spark: `SparkContext.binaryFiles`. */
  binaryFiles(path: string, partitionsMin: number = this.defaultMinPartitions): RDD<[string, Uint8Array]> {
    return this.#rdd(
      'binaryFiles',
      wholeFilesNode<Uint8Array>(
        path,
        checkedPartitions(partitionsMin, here()),
        (file) => new Uint8Array(readFileSync(file)),
      ),
    )
  }

  /** What `saveAsObjectFile` wrote; one partition per file. Spark: `SparkContext.objectFile`. */
  objectFile<T>(path: string): RDD<T> {
    return this.#rdd('objectFile', objectFileNode<T>(path))
  }

  /** A value that all functions share and none can change. Spark: `SparkContext.broadcast`. */
  broadcast<T>(value: T): Broadcast<T> {
    this.assertActive()
    return new Broadcast(this.#broadcasts++, value)
  }

  /** A registered accumulator of numbers. Spark's two kinds are one here. Spark: `SparkContext.longAccumulator`. */
  longAccumulator(name?: string): NumberAccumulator {
    return this.register(new NumberAccumulator(), name)
  }
  /** The same as `longAccumulator`. Spark: `SparkContext.doubleAccumulator`. */
  doubleAccumulator(name?: string): NumberAccumulator {
    return this.register(new NumberAccumulator(), name)
  }
  /** A registered accumulator that keeps every added value. Spark: `SparkContext.collectionAccumulator`. */
  collectionAccumulator<T>(name?: string): CollectionAccumulator<T> {
    return this.register(new CollectionAccumulator<T>(), name)
  }

  /** From now on `add` in a task counts once, when the task has succeeded. Spark: `SparkContext.register`. */
  register<A extends AccumulatorV2<any, any>>(accumulator: A, name?: string): A {
    this.assertActive()
    if (!(accumulator instanceof AccumulatorV2))
      throw badArgument(`register was given ${kindOf(accumulator)}, and needs an accumulator.`, 'extend AccumulatorV2')
    if (name !== undefined) needsText(name, 'an accumulator', 'a name, if anything: it begins at 0')
    return this.accumulators.register(accumulator, name)
  }

  /** `f` on the iterator of each partition, or of the given ones. Spark: `SparkContext.runJob`. */
  runJob<T, U>(
    rdd: RDD<T>,
    f: (records: IterableIterator<T>) => U,
    partitions: readonly number[] = splitsOf(nodeOf(rdd, 'runJob').partitions),
  ): U[] {
    this.assertActive()
    const count = nodeOf(rdd, 'runJob').partitions
    needsFunction(f, 'runJob')
    const isOne = (each: unknown): boolean =>
      Number.isInteger(each) && (each as number) >= 0 && (each as number) < count
    if (!(Array.isArray(partitions) && partitions.every(isOne)))
      throw badArgument(`runJob takes numbers of partitions, of which there are ${count} from 0.`, 'leave them out')
    return runOnIterators(rdd, f, partitions)
  }

  /** A property of the jobs that are started from here on. Spark: `SparkContext.setLocalProperty`. */
  setLocalProperty(name: string, value: string | null): void {
    needsText(name, 'setLocalProperty', 'a name')
    if (value !== null && typeof value !== 'string')
      throw badArgument(`The property ${name} is ${shownOr(value)}, and may be a text or null.`)
    if (value === null) this.#properties.delete(name)
    else this.#properties.set(name, value)
  }

  /** The property, or `null`. Spark: `SparkContext.getLocalProperty`. */
  getLocalProperty(name: string): string | null {
    return (this.#inherited.getStore() ?? this.#properties).get(name) ?? null
  }

  /**
   * @internal Runs `f` and all that follows from it with the properties as they are now, except for the job group:
   * later changes do not reach it.
   */
  withPropertiesOfNow<T>(f: () => T): T {
    const properties = [...this.#properties].filter(([name]) => !JOB_GROUP.includes(name))
    return this.#inherited.run(new Map(properties), f)
  }

  /** What listeners and logs call the next jobs; `null` for nothing. Spark: `SparkContext.setJobDescription`. */
  setJobDescription(text: string | null): void {
    this.setLocalProperty('spark.job.description', text)
  }

  /** A name and a description for the jobs that follow. Spark: `SparkContext.setJobGroup`. */
  setJobGroup(group: string, description: string, interruptOnCancel: boolean = false): void {
    this.setLocalProperty('spark.jobGroup.id', group)
    this.setJobDescription(description)
    this.setLocalProperty('spark.job.interruptOnCancel', String(interruptOnCancel))
  }

  /** Jobs that follow belong to no group. Spark: `SparkContext.clearJobGroup`. */
  clearJobGroup(): void {
    for (const name of JOB_GROUP) this.setLocalProperty(name, null)
  }

  /**
   * Accepted for its name. Throws `E_ARGUMENT` for a level that Spark does not have. Spark: `SparkContext.setLogLevel`.
   */
  setLogLevel(level: string): void {
    const known = ['ALL', 'DEBUG', 'ERROR', 'FATAL', 'INFO', 'OFF', 'TRACE', 'WARN']
    const wanted = String(level).toUpperCase()
    if (!known.includes(wanted))
      throw badArgument(
        `Supplied level ${shownOr(level)} did not match one of: ${known.join(',')}.`,
        "pass a level such as 'WARN'",
      )
    this.logLevel = wanted
  }

  /** Accepted for its name: RDDs need no checkpoint here. Spark: `SparkContext.setCheckpointDir`. */
  setCheckpointDir(path: string): void {
    needsText(path, 'setCheckpointDir', 'a directory')
    this.#checkpointDir = path
  }
  /** What `setCheckpointDir` was given, or `null`. Spark: `SparkContext.getCheckpointDir`. */
  getCheckpointDir(): string | null {
    return this.#checkpointDir
  }

  /**
   * Later use of this context and of its RDDs throws `E_CONTEXT_STOPPED`. A second stop does nothing. Spark:
   * `SparkContext.stop`.
   */
  stop(): void {
    this.#stoppedAt ??= callerPlace()
  }

  /** @internal Throws `E_CONTEXT_STOPPED`. */
  assertActive(): void {
    if (this.#stoppedAt === null) return
    throw new SluiceError('E_CONTEXT_STOPPED', 'Cannot call methods on a stopped SparkContext.', {
      where: { place: callerPlace(), detail: `stopped at ${this.#stoppedAt}` },
      did: 'nothing was run',
      spark: 'IllegalStateException',
      next: ['call stop() last', 'create a new context'],
    })
  }

  /** @internal Numbers RDDs. */
  newRddId(): number {
    return this.#rdds++
  }

  #rdd<T>(label: string, node: RddNode<T>): RDD<T> {
    this.assertActive()
    node.label = label
    node.place = callerPlace()
    return new RDD(this, node, this.runner)
  }
}

/** The longest array there can be. */
const RANGE_MAX = 2 ** 32 - 1

const here = (): { place: string } => ({ place: callerPlace() })

const JOB_GROUP = ['spark.jobGroup.id', 'spark.job.description', 'spark.job.interruptOnCancel']

let coresOfProcess = availableParallelism()

/**
 * What `local[*]` means in this process from now on. Set alike wherever one program runs in processes of different
 * sizes.
 */
export function setCores(cores: number): void {
  coresOfProcess = checkedPartitions(cores)
}

function threadsOf(master: string, cores: number = coresOfProcess): number {
  const threads = /^local\[\s*(\d+|\*)\s*(?:,\s*\d+\s*)?\]$/.exec(master)?.[1]
  if (threads === undefined && /^local\s*\[/.test(master)) {
    throw new SluiceError('E_CONF', `The master is ${JSON.stringify(master)}, which does not say how many threads.`, {
      where: { place: callerPlace() },
      did: 'nothing was started',
      spark: 'SparkException',
      next: ["write 'local[2]', or 'local[*]' for as many as there are cores"],
    })
  }
  if (threads === undefined) return master === 'local' ? 1 : Math.max(2, cores)
  return threads === '*' ? cores : Number(threads)
}
