import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { EmbeddedEngine } from '../../lib/hosts/embedded/embedded-engine.ts'
import { systemClock } from '../../lib/adapters/local/system-clock.ts'
import { setEmbeddedOptions } from '../../lib/hosts/embedded/embedded-host.ts'
import type { Clock } from '../../lib/host/clock.ts'
import { type DStream, StreamingContext } from '../../lib/index.ts'
import type { Source } from '../../lib/source/source.ts'

/** Records of one interval; `null`: the source has no batch, which is not the same as an empty one. */
export type Batch<T = any> = readonly T[] | null

/** Batches of one source, or of several by name. */
export type Batches = readonly Batch[] | { readonly [source: string]: readonly Batch[] }

/** Defines operators on the sources and says which streams to watch. */
export type Build = (
  input: (name?: string) => DStream<any>,
  context: StreamingContext,
) => { readonly [output: string]: DStream<any> } | DStream<any>

/** One run of the program, from a start to a stop; the next life goes on from the directory. */
export interface Life {
  readonly batches: number
  /** `local[n]`: how many partitions a shuffle has by default. */
  readonly partitions?: number
  /** Task threads; they load `RunOptions.module`. */
  readonly workers?: number
}

export interface RunOptions {
  readonly dir?: string
  readonly lives?: readonly Life[]
  readonly partitions?: number
  readonly conf?: Readonly<Record<string, string>>
  /** Partitions of each batch at the source. */
  readonly splits?: number
  /** Batches that earlier runs on the directory have had. */
  readonly first?: number
  readonly module?: string
  readonly args?: readonly string[]
}

/** What was shown, per output and batch; `undefined` where the output did not run. */
interface Shown {
  readonly [output: string]: readonly (readonly unknown[] | undefined)[]
}

export interface Run {
  readonly shown: Shown
  readonly errors: readonly any[]
  /** What `print` wrote. */
  readonly text: string
}

export const BATCH_MS = 1000
/** Time zero of every run; the first batch ends one interval later. */
export const START = 1_700_000_000_000

/** Batches in, batches out. Time is virtual: every batch runs at its own time, and nothing waits. */
export async function runBatches(build: Build, batches: Batches, options: RunOptions = {}): Promise<Run> {
  const run = { shown: {} as Record<string, unknown[][]>, errors: [] as unknown[], text: '' }
  const lives = options.lives ?? [{ batches: lengthOf(batches) }]
  let { first = 0 } = options
  for (const life of lives) {
    await live(build, batches, options, life, first, run)
    first += life.batches
  }
  return run
}

async function live(
  build: Build,
  batches: Batches,
  options: RunOptions,
  life: Life,
  first: number,
  run: { shown: Record<string, unknown[][]>; errors: unknown[]; text: string },
): Promise<void> {
  let ended = (): void => {}
  const over = new Promise<void>((resolve) => {
    ended = resolve
  })
  let engine: EmbeddedEngine | null = null
  setEmbeddedOptions({
    clock: jumpingClock(START + first * BATCH_MS, START + (first + life.batches) * BATCH_MS, () => ended()),
    dir: options.dir ?? null,
    workers: life.workers ?? 0,
    module: options.module ?? null,
    args: options.args ?? [],
    sync: false,
    write: (text) => {
      run.text += text
    },
    log: {
      event: (event) => {
        if (event.type !== 'error') return
        run.errors.push(event.error)
        if (isFinal(event.error)) ended()
      },
    },
  })
  const context = newContext(
    build,
    batches,
    { ...options, partitions: life.partitions ?? options.partitions ?? 2 },
    run.shown,
    (started) => (engine = new EmbeddedEngine(started)),
  )
  context.termination.wait(null).catch((error: unknown) => {
    if (engine?.coordinator) return
    run.errors.push(error)
    ended()
  })
  context.start()
  await over
  await context.stop()
}

const isFinal = (error: unknown): boolean =>
  ['E_FENCED', 'E_HALTED', 'E_HEAD_UNREACHABLE'].includes((error as { code?: string }).code ?? '')

/** The program as the main thread and every task thread build it. */
export function newContext(
  build: Build,
  batches: Batches,
  options: RunOptions,
  shown: Record<string, unknown[][]> = {},
  engine?: (context: StreamingContext) => EmbeddedEngine,
): StreamingContext {
  const conf = { 'spark.app.name': 'test', 'spark.master': `local[${options.partitions ?? 2}]`, ...options.conf }
  const context = new StreamingContext(conf, BATCH_MS, { hosted: true, ...(engine ? { engine } : {}) })
  const sources = new Map<string, DStream<any>>()
  const input = (name = 'in'): DStream<any> => {
    if (!sources.has(name))
      sources.set(name, context.source(name, batchSource(batchesOf(batches, name), options.splits ?? 3)))
    return sources.get(name)!
  }
  const built = build(input, context)
  const outputs = 'foreachRDD' in built ? { out: built as DStream<any> } : built
  for (const [name, stream] of Object.entries(outputs)) {
    shown[name] ??= []
    stream.foreachRDD((rdd, time) => {
      shown[name][(time.milliseconds - START) / BATCH_MS - 1] = rdd.collect()
    })
  }
  return context
}

const batchesOf = (batches: Batches, name: string): readonly Batch[] =>
  Array.isArray(batches) ? batches : (batches as Record<string, readonly Batch[]>)[name]
const lengthOf = (batches: Batches): number =>
  Array.isArray(batches)
    ? batches.length
    : Math.max(...Object.values(batches as Record<string, readonly Batch[]>).map((each) => each.length))

/** The n-th interval brings the n-th batch, however often it is asked. Every read hands out its own copies. */
export const batchSource = (batches: readonly Batch[], splits: number): Source<any> => ({
  name: 'Test',
  cut: async ({ time, zeroTime, intervalMs }) => {
    const index = (time - zeroTime) / intervalMs - 1
    const batch = index < batches.length ? batches[index]! : []
    return (
      batch && {
        position: index,
        splits: Array.from({ length: splits }, (_, split) => [index, split]),
        records: batch.length,
      }
    )
  },
  read: (at) => {
    const [index, split] = at as [number, number]
    const batch = batches[index] ?? []
    const bound = (i: number): number => Math.floor((i * batch.length) / splits)
    return [structuredClone(batch.slice(bound(split), bound(split + 1)))]
  },
})

/** Whoever sleeps wakes at once, at the time asked for; beyond `last`, nobody wakes and `ended` is called. */
export function jumpingClock(start: number, last: number, ended: () => void): Clock {
  let now = start
  return {
    now: () => now,
    sleepUntil: async (time, signal, idle) => {
      if (idle) return aborted(signal)
      // A wait within the last batch is no wait for the next one.
      if (time < last + BATCH_MS) {
        now = Math.max(now, time)
        return
      }
      const over = aborted(signal)
      ended()
      await over
    },
    turn: systemClock.turn!,
  }
}

export const aborted = (signal: AbortSignal | undefined): Promise<void> =>
  signal?.aborted === true
    ? Promise.resolve()
    : new Promise((resolve) => signal?.addEventListener('abort', () => resolve()))

interface Expectation extends RunOptions {
  readonly batches: Batches
  /** Records per batch in any order; `undefined`: the output does not run. */
  readonly expected:
    | { readonly [output: string]: readonly (readonly unknown[] | undefined)[] }
    | readonly (readonly unknown[] | undefined)[]
}

/** The program shows what is expected, batch by batch, and nothing goes wrong. */
export async function check(build: Build, { batches, expected, ...options }: Expectation): Promise<void> {
  const run = await runBatches(build, batches, options)
  if (run.errors.length > 0) throw run.errors[0]
  const wanted = Array.isArray(expected) ? { out: expected } : (expected as Shown)
  for (const [output, records] of Object.entries(wanted)) assertSame(run.shown[output], records, output)
}

/** The same records per batch, whatever their order, to the last bit. */
export function assertSame(
  actual: readonly (readonly unknown[] | undefined)[],
  expected: readonly (readonly unknown[] | undefined)[],
  what = 'output',
): void {
  const length = Math.max(actual.length, expected.length)
  for (let i = 0; i < length; i++) assert.deepEqual(texts(actual[i]), texts(expected[i]), `${what}, batch ${i + 1}`)
}

const texts = (records: readonly unknown[] | undefined): readonly string[] | string =>
  records ? records.map(textOf).sort() : 'did not run'

/** A value as text that tells apart whatever differs: 0 and -0, null and undefined, every bit of a number. */
export const textOf = (value: unknown): string =>
  inspect(value, {
    depth: 20,
    sorted: true,
    breakLength: Infinity,
    compact: true,
    maxArrayLength: null,
    maxStringLength: null,
  })
