import type { App } from '../../hosts/program/app.ts'
import { ManualClock } from '../../adapters/local/manual-clock.ts'
import { SeededRandom } from '../../adapters/local/seeded-random.ts'
import type { Random } from '../../host/random.ts'
import { messageOf } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import type { Cut, Manifest } from '../../model/manifest.ts'
import { fingerprint } from '../../plan/fingerprint.ts'
import { TaskProgram } from '../../runtime/task/program.ts'
import { placeIn } from '../../model/place.ts'
import type { Source } from '../../source/source.ts'
import type { StreamGraph } from '../../graph/graph.ts'
import type { SourceNode, StreamNode } from '../../graph/stream-node.ts'
import type { StreamingContext } from '../../api/dstream/streaming-context.ts'
import { validateStart } from '../../api/dstream/validate-start.ts'
import { type Ambient, installAmbient } from '../ambient.ts'
import { inOrder } from '../checks.ts'
import { type LogSplit, logSource, recordsOf } from '../sim-source.ts'
import type { SimProcess } from '../sim-process.ts'
import type { Built, Surroundings, Subject, SubjectRun } from '../subject.ts'
import { difference, rowsText } from './content.ts'
import { finalState } from './final-state.ts'
import { GivenRows, type OutputCounts } from './given.ts'
import { plainPlace, type ProgramLives } from './program-lives.ts'
import { referenceRun } from './reference-run.ts'
import { type Sampler, sourceName } from './samples.ts'
import { type Giving, watchOutputs } from './watched-outputs.ts'

export interface ProgramFacts {
  readonly lives: ProgramLives
  readonly samplers: Readonly<Record<string, Sampler>>
  readonly counts: ReadonlyMap<string, OutputCounts>
  /** Hears where a function of the program asks for time or randomness while batches run. */
  readonly asked: (place: string, what: string) => void
}

/** Partitions of each source. */
const PARTITIONS = 2

/** A user's program, judged by a run of the same batches without faults. */
export function programSubject(facts: ProgramFacts): Subject {
  const { first } = facts.lives
  return {
    app: first.name,
    intervalMs: first.interval.milliseconds,
    sources: Object.fromEntries(Object.keys(facts.samplers).map((name) => [name, PARTITIONS])),
    record: (source, random) => facts.samplers[source](random),
    begin: (surroundings) => new ProgramRun(facts, surroundings),
  }
}

class ProgramRun implements SubjectRun {
  readonly #facts: ProgramFacts
  readonly #surroundings: Surroundings
  readonly #given = new GivenRows()
  readonly #apps = new WeakMap<SimProcess, App>()
  readonly #ambient: ProgramAmbient

  constructor(facts: ProgramFacts, surroundings: Surroundings) {
    this.#facts = facts
    this.#surroundings = surroundings
    this.#ambient = new ProgramAmbient(
      () => surroundings.ports.world.now(),
      new SeededRandom(surroundings.seed),
      facts.asked,
    )
  }

  /** `Date` shows virtual time, and `Math.random` draws from the seed, so that a run depends on its seed alone. */
  get ambient(): ProgramAmbient {
    return this.#ambient
  }

  build(process: SimProcess): Promise<Built> {
    const { ports, logs } = this.#surroundings
    return ports.world.real(
      this.#load(
        (app) => this.#apps.set(process, app),
        (node) => logSource(logs.get(sourceName(node))!, ports, process),
        (giving, show) => this.#give(process, giving, show),
      ),
    )
  }

  refused(process: SimProcess): void {
    this.#facts.lives.unused(this.#apps.get(process)!)
  }

  async #load(
    taken: (app: App) => void,
    sourceOf: (node: SourceNode) => Source<unknown>,
    watch: Parameters<typeof watchOutputs>[1],
  ): Promise<Built> {
    return this.#ambient.quietly(async () => {
      const app = await this.#facts.lives.next()
      taken(app)
      const context = app.build()
      context.checkpointDir ??= 'memory'
      validateStart(context)
      replaceSources(context, sourceOf)
      watchOutputs(context.graph, watch)
      return { context, program: new TaskProgram(context.graph, context.sparkContext, fingerprint(context.graph)) }
    })
  }

  #give(process: SimProcess, giving: Giving, show: () => Promise<void>): Promise<void> {
    const { ports, stores, report } = this.#surroundings
    const { node, batch, partition } = giving
    const about = `${node.uid} ${batch}${partition === null ? '' : `/${partition}`}`
    return ports.call(
      process,
      { port: 'sink', operation: giving.key === null ? 'finish' : 'write', about, changes: true },
      async () => {
        const { committed } = stores.current!
        if (batch > committed)
          report('shown before commit', `"${node.uid}" shows batch ${batch}, the head says ${committed}`)
        if (batch < committed) ports.count('zombie output')
        this.#count(giving)
        try {
          await ports.world.real(show())
        } catch (error) {
          report('output failed', `"${node.uid}" threw in batch ${batch}: ${messageOf(error)}`)
          throw error
        }
      },
    )
  }

  #count(giving: Giving): void {
    const { ports, report } = this.#surroundings
    const counts = this.#facts.counts.get(giving.node.uid)!
    const isAgain = this.#given.add(giving, report)
    if (giving.key === null) return
    counts.given++
    if (!isAgain) return
    counts.again++
    ports.count('output repeated')
  }

  async judge(): Promise<void> {
    const { stores, report } = this.#surroundings
    const { shown = {}, reset } = this.#facts.lives.simulation
    const manifests = inOrder(stores)
    const seen = await lookAt(shown)
    await reset?.()
    const given = new GivenRows()
    const clock = new ManualClock()
    const ambient = new ProgramAmbient(
      () => clock.now(),
      new SeededRandom(~this.#surroundings.seed),
      () => {},
    )
    const restore = installAmbient(ambient)
    try {
      const built = await this.#load(
        () => {},
        (node) => this.#replayed(node, manifests),
        async (giving, show) => {
          given.add(giving, report)
          if (reset) await show()
        },
      )
      const end = await referenceRun({
        ...built,
        app: this.#facts.lives.first.name,
        zeroTime: stores.current!.zeroTime,
        manifests,
        workers: this.#surroundings.workers,
        clock,
      })
      for (const { what } of this.#given.differences(given)) report('content', what)
      const [expected, found] = [
        await finalState(end.manifest, end.blobs),
        await finalState(manifests.at(-1)!, stores.blobs),
      ]
      for (const [operator, pairs] of expected) {
        const what = difference(pairs, found.get(operator) ?? [], 'key with its state')
        if (what) report('state', `state of "${operator}" after the last batch: ${what}`)
      }
      if (reset) this.#compareShown(seen, await lookAt(shown), built)
    } finally {
      restore()
    }
  }

  #compareShown(
    seen: ReadonlyMap<string, readonly string[]>,
    expected: ReadonlyMap<string, readonly string[]>,
    { context }: Built,
  ): void {
    for (const node of context.graph.outputs) {
      const name = outputName(node)
      const what = expected.has(name) ? difference(expected.get(name)!, seen.get(name) ?? []) : null
      if (!what) continue
      if (node.output.guarantee === 'exactly-once')
        this.#surroundings.report(
          'shown',
          `what "${node.uid}" shows after the last batch: ${what}; it says that it shows each batch exactly once`,
        )
      else this.#facts.counts.get(node.uid)!.unsafe = true
    }
  }

  /** The records that the run with faults read in the batch of a time. */
  #replayed(node: SourceNode, manifests: readonly Manifest[]): Source<unknown> {
    const byTime = new Map(manifests.map((manifest) => [manifest.time, manifest.cuts[node.uid]]))
    const log = this.#surroundings.logs.get(sourceName(node))!
    const source: Source<unknown, Json, LogSplit> = {
      name: node.source.name,
      cut: async ({ time }) => (byTime.get(time) as Cut<Json, LogSplit> | null | undefined) ?? null,
      read: (split) => [recordsOf(log, split)],
    }
    return source
  }
}

/** The sources that lead to an output; nobody reads the others. */
export const inputsRead = (graph: StreamGraph): SourceNode[] =>
  graph.inputs.filter((node) => graph.reachable().has(node))

/** Its own name, else that of the stream it shows, else its uid: what users call an output. */
export const outputName = (node: StreamNode): string => node.name ?? node.parents[0]?.name ?? node.uid

function replaceSources({ graph }: StreamingContext, sourceOf: (node: SourceNode) => Source<unknown>): void {
  for (const node of inputsRead(graph)) {
    graph.replaceSource(node, sourceOf(node))
  }
}

async function lookAt(shown: Readonly<Record<string, () => unknown>>): Promise<Map<string, string[]>> {
  const seen = new Map<string, string[]>()
  for (const [name, look] of Object.entries(shown)) {
    const rows = await look()
    seen.set(name, rowsText(Array.isArray(rows) ? rows : [rows], name))
  }
  return seen
}

/** Time and randomness as the program's functions see them; its loading and definition are not listened to. */
class ProgramAmbient implements Ambient {
  readonly timers = 'real'
  readonly now: () => number
  readonly #random: Random
  readonly #asked: (place: string, what: string) => void
  #quiet = 0

  constructor(now: () => number, random: Random, asked: (place: string, what: string) => void) {
    this.now = now
    this.#random = random
    this.#asked = asked
  }

  next(): number {
    return this.#random.next()
  }

  used(what: string): void {
    if (this.#quiet > 0) return
    const place = placeIn(new Error().stack ?? '')
    if (place !== null) this.#asked(plainPlace(place), what)
  }

  async quietly<T>(work: () => Promise<T>): Promise<T> {
    this.#quiet++
    try {
      return await work()
    } finally {
      this.#quiet--
    }
  }
}
