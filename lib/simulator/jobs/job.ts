import type { Time } from '../../model/time.ts'
import type { Random } from '../../host/random.ts'
import type { OutputSink } from '../../output/sink.ts'
import type { StoreChoice } from '../../source/unseen-files.ts'
import type { Source } from '../../source/source.ts'
import type { ConfObject } from '../../model/spark-conf.ts'
import type { StreamingContext } from '../../api/dstream/streaming-context.ts'
import type { Circumstances } from '../circumstances.ts'

/**
 * A program that the simulator runs, and what it must come to, computed in a straight line without any of the engine.
 */
export interface Job {
  readonly name: string
  readonly intervalMs: number
  /** Sources with their number of partitions. */
  readonly sources: Readonly<Record<string, number>>
  /** Settings; those of the n-th process, from 0, started at a tick, where lives differ. */
  readonly conf?: ConfObject | ((life: number, tick: number) => ConfObject)
  readonly circumstances?: Circumstances
  /** It catches up with short outages only: it takes so much at once, or looks back so far. */
  readonly isBrief?: true
  /** Sources that are not read as logs, but as files or through a receiver. */
  readonly others?: readonly string[]
  /** Whether a file must be read that was modified so long after the zero time, in ms. */
  readonly mustRead?: (sinceMs: number) => boolean
  /** Of how many batches a stream is kept, at most. */
  readonly keptMax?: number
  /** Ticks from which to which a sink takes nothing. */
  readonly away?: Readonly<Record<string, readonly [from: number, to: number]>>
  /** Somebody decides about dead letters while the program runs. */
  readonly decides?: true
  /** Records that make a function throw, and are set aside. */
  readonly isLetter?: (record: unknown, batch: ReferenceBatch) => boolean
  /** Records of each output that its function throws at, and that it is shown without. */
  readonly outputLetters?: (batch: ReferenceBatch) => Readonly<Record<string, readonly unknown[]>>
  /** Outputs that are shown before their batch is committed. */
  readonly beforeCommit?: readonly string[]
  /** The program; of the n-th process, from 0, where lives differ. */
  define(ssc: StreamingContext, surroundings: Surroundings, life: number): void
  record(random: Random): unknown
  /** Rows per output for each batch, in any order. */
  reference(): Reference
}

export interface Surroundings {
  /** Intervals since the beginning of the run. */
  readonly tick: number
  source(name: string): Source<unknown>
  /** The same records, from a source whose splits end where reading finds it. */
  open(name: string): Source<unknown>
  /** The same records as files: each is one. */
  files(name: string, choice: StoreChoice): Source<unknown>
  /** The same records through a receiver, each as a pair of its name and itself. */
  received(name: string, isReliable: boolean): Source<unknown>
  fenced(name: string): OutputSink<unknown>
  /** A table of a database with transactions. */
  table(name: string): OutputSink<unknown>
  /** A topic with transactions. */
  topic(name: string): OutputSink<unknown>
  /** Items by word, to which counts are added. */
  items(name: string): OutputSink<unknown>
  /** A queue that readers read who remember ids. */
  queue(name: string): OutputSink<unknown>
  /** A folder that readers read by its manifests. */
  folder(name: string): OutputSink<unknown>
  plain(name: string): OutputSink<unknown>
  /** What a function in an output does outside, of the batch of that time. */
  effects(name: string): (rows: readonly unknown[], time: Time) => Promise<void>
}

/** Told of committed batches in order; says what each output then shows. */
type Reference = (batch: ReferenceBatch) => Record<string, unknown[]>

export interface ReferenceBatch {
  /** Batch time since the zero time, in ms. */
  readonly since: number
  /** Outputs of the program that made it, where the program changes. */
  readonly outputs: readonly string[]
  readonly records: Readonly<Record<string, readonly unknown[]>>
}

export const PARTITIONS = 3

/** Tasks are launched again that are a little slow, as random faults make some. */
export const SPECULATION = {
  'spark.speculation': true,
  'spark.speculation.quantile': 0.5,
  'spark.speculation.interval': '20ms',
  'spark.speculation.minTaskRuntime': '30ms',
  'spark.speculation.multiplier': 1.5,
} as const

/** Long enough that blocks do not all fit into their references. */
const newWord = (index: number): string => {
  const tail = 'abcdefghijklmnopqrstuvwxyz'.slice(index % 20)
  return `word-${String(index).padStart(3, '0')}-${tail}-${(index * 7919).toString(36).repeat(6)}`
}
const words: string[] = []
export const wordOf = (index: number): string => (words[index] ??= newWord(index))

/** Few words often, many words seldom. */
export const randomWord = (random: Random, words: number): string => wordOf(Math.floor(random.next() ** 2 * words))

export function addTo<K>(map: Map<K, number>, key: K, count: number): number {
  const sum = (map.get(key) ?? 0) + count
  map.set(key, sum)
  return sum
}
