import { type App, isApp } from '../hosts/program/app.ts'
import '../hosts/embedded/install.ts'
import { InlineLauncher } from '../hosts/program/inline-launcher.ts'
import { openCoordinator } from '../hosts/program/open-coordinator.ts'
import { silentLog } from '../host/log.ts'
import { MemoryBlobStore } from '../adapters/local/blob-memory.ts'
import { MemoryHeadStore } from '../adapters/local/head-memory.ts'
import { ManualClock } from '../adapters/local/manual-clock.ts'
import { systemClock } from '../adapters/local/system-clock.ts'
import { SeededRandom } from '../adapters/local/seeded-random.ts'
import type { DeadLetter } from '../model/dead-letter.ts'
import type { Head } from '../model/head.ts'
import type { Manifest } from '../model/manifest.ts'
import { type DurationLike, instantMs, intervalMs } from '../model/time.ts'
import { getBlob } from '../checkpoint/blobs.ts'
import { allOpen, idsOf, putCommand } from '../checkpoint/dead-letters.ts'
import { readOpenLetters } from '../checkpoint/letter-blocks.ts'
import { ObjectKeys } from '../checkpoint/object-keys.ts'
import { fingerprint } from '../plan/fingerprint.ts'
import type { Coordinator } from '../runtime/coordinator/coordinator.ts'
import { TaskProgram } from '../runtime/task/program.ts'
import { StateStore } from '../state/state-store.ts'
import type { StreamNode } from '../graph/stream-node.ts'
import { StreamingContext } from '../api/dstream/streaming-context.ts'
import { anything, checkOptions, list, type RulesOf } from '../model/options.ts'
import { badArgument, needsFunction } from '../lineage/bad-argument.ts'
import { isWalked, kindOf } from '../model/settled.ts'
import { checkedPartitions } from '../shuffle/partitioner.ts'
import { validateStart } from '../api/dstream/validate-start.ts'
import { noState, storeState } from './stored-state.ts'
import { byName } from './by-name.ts'
import { batchOf, type TestBatch } from './test-batch.ts'
import { type Crash, type Failure, TestFaults } from './test-faults.ts'
import { TestLife } from './test-life.ts'
import { TestOutput, watchOutput } from './test-output.ts'
import { TestSource } from './test-source.ts'

/** An app, or a function that defines a context and starts nothing. */
export type Program = App | (() => StreamingContext)

/** What `testApp` takes. */
export interface TestAppOptions {
  /** What the clock shows at first, as a text with its zone; 2026-01-01T00:00:00Z if it is left out. */
  readonly start?: string | number | Date
  /** Names of objects are drawn from it; results do not depend on it. */
  readonly seed?: number
  /** Partitions of every test source (default 1). */
  readonly partitions?: number
}

/** What `restart` takes. */
export interface RestartOptions {
  /** Another build of the program. */
  readonly app?: Program
  /** At least this many partitions of every test source from now on. */
  readonly partitions?: number
  /** Operators and sources whose state or position may be given up where the program has no place for it. */
  readonly dropState?: readonly string[]
}

const OPTIONS: RulesOf<TestAppOptions> = { start: anything, seed: anything, partitions: anything }
const RESTART: RulesOf<RestartOptions> = { app: anything, partitions: anything, dropState: list }
const CRASH: RulesOf<Crash> = { batch: anything, at: anything }
const FAILURE: RulesOf<Failure> = { output: anything, times: anything, error: anything }

/**
 * Runs a program in this process as it would run anywhere, except that its sources are filled by the test, its sinks
 * are recorded, and time passes only in `advance`, `runBatch` and `run`. Throws what the program's definition throws.
 */
export async function testApp(program: Program, options: TestAppOptions = {}): Promise<TestApp> {
  checkOptions('testApp', options, OPTIONS)
  const t = new TestApp(program, options)
  await t.restart()
  return t
}

interface Running {
  readonly life: TestLife
  readonly coordinator: Coordinator
  readonly context: StreamingContext
}

/** A program under test: its sources, its outputs, its clock. `await using t = await testApp(program)` closes it. */
export class TestApp {
  /** Everything the program printed, byte for byte. */
  printed = ''
  /** Files written by `saveAs…`, by path; part files joined in order. */
  readonly files = new Map<string, string>()
  /** One entry per batch, in order. */
  readonly history: TestBatch[] = []
  /** What outputs failed with; the batch is committed all the same, and its output is owed. */
  readonly errors: unknown[] = []
  readonly #clock: ManualClock
  readonly #random: SeededRandom
  readonly #head = new MemoryHeadStore<Head>()
  readonly #control = new MemoryHeadStore<unknown>()
  readonly #blobs = new MemoryBlobStore()
  readonly #sources = new Map<string, TestSource>()
  readonly #outputs = new Map<string, TestOutput>()
  readonly #faults = new TestFaults()
  #program: Program
  #partitions: number
  #dropState: readonly string[] = []
  #running: Running | null = null
  #lives = 0
  #next = 1

  /** @internal `testApp` makes one. */
  constructor(program: Program, { start = '2026-01-01T00:00:00Z', seed = 1, partitions = 1 }: TestAppOptions) {
    this.#program = program
    this.#partitions = checkedPartitions(partitions)
    this.#clock = new ManualClock(instantMs(start, 'start of the test'))
    this.#random = new SeededRandom(seed)
  }

  // — what goes in

  /** The stand-in for a source, by its name; without one when the program has a single source. */
  source(name?: string, options: { readonly partitions?: number } = {}): TestSource {
    checkOptions('source', options, { partitions: anything })
    const { partitions = this.#partitions } = options
    const [, source] = byName(this.#sources, name, 'source')
    source.widen(checkedPartitions(partitions))
    return source
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#clock.now()
  }

  /** Lets time pass and runs every batch that becomes due. Rejects with what kept a batch from committing. */
  async advance(duration: DurationLike): Promise<void> {
    const until = this.now() + intervalMs(duration, 'time to pass')
    for (let due = this.#due(); due <= until; due = this.#due()) await this.runBatch()
    this.#clock.set(until)
  }

  /** Lets time pass until the next batch is due, and runs it. */
  async runBatch(): Promise<TestBatch> {
    this.#clock.set(Math.max(this.now(), this.#due()))
    const tick = this.#next++
    for (;;) {
      const manifest = await this.#commitNext(tick)
      const done = batchOf(manifest)
      this.history.push(done)
      // A plan that was left open comes first.
      if (manifest.tick >= tick) return done
    }
  }

  async #commitNext(tick: number): Promise<Manifest> {
    for (;;) {
      const running = await this.#ensureRunning()
      const { coordinator, life } = running
      // The life before may have died after it had committed.
      if (coordinator.head.tick >= tick) return coordinator.manifest!
      const manifest = await Promise.race([coordinator.runBatch(tick), life.died])
      if (manifest) return manifest
      this.#running = null
    }
  }

  /** One batch per list of records; gives what the output showed for each, nothing where it did not run. */
  async run(
    batches: readonly (readonly unknown[])[],
    options: { readonly source?: string; readonly output?: string } = {},
  ): Promise<any[][]> {
    checkOptions('run', options, { source: anything, output: anything })
    const { source, output } = options
    if (!isWalked(batches)) throw badArgument(`run was given ${kindOf(batches)}.`, "run([['a', 'b'], ['c']])")
    const rows: any[][] = []
    // Nothing has run where it turns out that nobody knows what to show.
    this.output(output)
    for (const records of batches) {
      this.source(source).addAll(records)
      const { batch } = await this.runBatch()
      rows.push([...(this.output(output).batches.find((shown) => shown.batch === batch)?.rows ?? [])])
    }
    return rows
  }

  // — what comes out

  /**
   * What an output has shown, by the name of the output or of its stream; without one when the program has a single
   * output.
   */
  output(name?: string): TestOutput {
    return byName(this.#outputs, name, 'output')[1]
  }

  /** Keys and state of a stateful operator after the last batch, by its name. */
  async state(operator?: string): Promise<Map<unknown, unknown>> {
    const { coordinator } = await this.#ensureRunning()
    const states = new Map(Object.entries(coordinator.manifest?.state ?? {}))
    const [uid, committed] = byName(states, operator, 'stateful operator with committed state')
    const state = await new StateStore().keyed(
      { operator: uid, split: 0, partitions: 1, committed },
      { get: (ref) => getBlob(this.#blobs, ref), put: () => Promise.reject(new Error('state is only read here')) },
    )
    const pairs = new Map<unknown, unknown>()
    for (const id of state.table.ids()) if (state.has(id)) pairs.set(state.table.keyAt(id), state.get(id))
    return pairs
  }

  /** Records that were set aside and not dealt with since, oldest first. */
  async deadLetters(): Promise<DeadLetter[]> {
    const { coordinator } = await this.#ensureRunning()
    return readOpenLetters(this.#blobs, allOpen(coordinator.head, coordinator.manifest))
  }

  /**
   * Starts the process again, and has the next batch read these dead letters once more: all of them if none is named.
   */
  async retryDeadLetters(ids?: readonly string[]): Promise<void> {
    const { coordinator } = await this.#ensureRunning()
    const { app, inc } = coordinator.head
    await putCommand(
      this.#blobs,
      new ObjectKeys(app, inc),
      { verb: 'retry', ids: ids ?? idsOf(coordinator.manifest?.deadLetters ?? []) },
      this.#random.newId(),
    )
    await this.restart()
  }

  // — what goes wrong

  /** The process dies there, once; the next one starts at once and goes on from what is stored. */
  crash(crash: Crash): void {
    checkOptions('crash', crash, CRASH)
    const { batch = this.#committed + 1, at } = crash
    this.#faults.crash(batch, at)
  }

  /** The next attempts of an output throw. */
  fail(failure: Failure): void {
    checkOptions('fail', failure, FAILURE)
    const { output, times = 1, error = new Error(`output "${output}" fails because the test says so`) } = failure
    this.#faults.fail(this.output(output).name, times, error)
  }

  /** Ends the process and starts another, with the same or another build of the program. */
  async restart(options: RestartOptions = {}): Promise<void> {
    checkOptions('restart', options, RESTART)
    const { app = this.#program, partitions = this.#partitions, dropState = [] } = options
    await this.close()
    this.#program = app
    this.#partitions = partitions
    this.#dropState = dropState
    for (const source of this.#sources.values()) source.widen(partitions)
    await this.#ensureRunning()
  }

  /**
   * Gives an operator the state that another version of the program left behind, and restarts: keys with values of
   * `version`, which the program reads or migrates as it would anywhere. Takes the next batch number and its time;
   * mappings with a timeout count from there.
   */
  async withState(operator: string, version: number, entries: Iterable<readonly [unknown, unknown]>): Promise<void> {
    const { context, coordinator } = await this.#ensureRunning()
    const node = context.graph.nodes.find((each) => each.uid === operator && each.kind === 'state')
    if (!node) throw noState(operator, context.graph.nodes)
    this.#clock.set(Math.max(this.now(), this.#due()))
    const tick = this.#next++
    await this.close()
    await storeState(
      { head: this.#head, blobs: this.#blobs, random: this.#random },
      { node, graph: context.graph, base: coordinator.manifest, tick, version, entries },
    )
    await this.#ensureRunning()
  }

  /** Stops as the engine does when it is asked to. */
  async close(): Promise<void> {
    const running = this.#running
    this.#running = null
    if (!running) return
    await Promise.race([running.coordinator.close(), running.life.died])
    running.life.end()
    running.context.sparkContext.stop()
  }

  /** `close`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // — one life of the process

  async #ensureRunning(): Promise<Running> {
    while (!this.#running) {
      const life = new TestLife((point) => this.#faults.isFatal(point, this.#current))
      const running = await Promise.race([this.#open(life), life.died])
      if (running) this.#running = running
    }
    return this.#running
  }

  async #open(life: TestLife): Promise<Running> {
    const context = this.#build()
    this.#replaceOutside(context, life)
    const program = new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph))
    const host = { clock: this.#clock, random: this.#random, log: silentLog, blobs: life.blobs(this.#blobs) }
    const { coordinator } = await openCoordinator({
      app: 'test',
      context,
      program,
      host: {
        ...host,
        head: life.head(this.#head),
        control: this.#control,
        // What functions wait for is outside of the test: it takes the time that it takes.
        launcher: life.launcher(new InlineLauncher(program, { ...host, clock: systemClock, freezes: true })),
      },
      attempts: 1,
      holder: `life-${++this.#lives}`,
      isGone: () => true,
      start: { dropState: this.#dropState },
      environment: ({ app, inc }) => ({
        app,
        inc,
        clock: this.#clock,
        write: (text) => {
          this.printed += text
        },
        files: {
          write: async (path, parts) => {
            this.files.set(path, parts.map(({ bytes }) => Buffer.from(bytes).toString()).join(''))
          },
        },
        driver: context.sparkContext,
      }),
      onOutputError: (error) => this.errors.push(error),
      unlimited: true,
    })
    return { life, coordinator, context }
  }

  #build(): StreamingContext {
    if (!isApp(this.#program)) needsFunction(this.#program, 'testApp')
    const context = isApp(this.#program) ? this.#program.build() : this.#program()
    if (!(context instanceof StreamingContext))
      throw badArgument(`The program of a test returned ${kindOf(context)}.`, 'return the StreamingContext')
    context.checkpointDir ??= 'memory'
    validateStart(context)
    context.graph.state = 'ACTIVE'
    return context
  }

  #replaceOutside({ graph }: StreamingContext, life: TestLife): void {
    for (const node of graph.inputs) {
      const name = node.name ?? node.uid
      const test = this.#sources.get(name) ?? new TestSource(name, this.#partitions)
      this.#sources.set(name, test)
      const source = test.source(node.source, () => life.at('mid-task'))
      graph.replaceSource(node, source)
    }
    for (const node of graph.outputs) {
      const name = this.#outputName(node)
      const output = this.#outputs.get(name) ?? new TestOutput(name)
      this.#outputs.set(name, output)
      watchOutput(graph, node, {
        output,
        before: () => this.#faults.failIfAsked(name),
        midway: () => life.at('mid-output'),
      })
    }
  }

  /** Its own name, else that of the stream it shows, else its uid. */
  #outputName(node: StreamNode): string {
    return node.name ?? node.parents[0]?.name ?? node.uid
  }

  get #committed(): number {
    return this.#running?.coordinator.head.committed ?? 0
  }

  /** The batch at work: committed or not, its outputs are not marked yet. */
  get #current(): number {
    return (this.#running?.coordinator.head.outDone ?? 0) + 1
  }

  #due(): number {
    const head = this.#running?.coordinator.head
    return head ? head.zeroTime + this.#next * head.intervalMs : this.now()
  }
}
