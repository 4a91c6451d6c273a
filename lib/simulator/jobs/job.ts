import type { Random } from '../../host/random.ts'
import type { OutputSink } from '../../output/sink.ts'
import type { Source } from '../../source/source.ts'
import type { ConfObject } from '../../model/spark-conf.ts'
import type { StreamingContext } from '../../api/dstream/streaming-context.ts'

/**
 * A program that the simulator runs, and what it must come to, computed in a straight line without any of the engine.
 */
export interface Job {
  readonly name: string
  readonly intervalMs: number
  /** Sources with their number of partitions. */
  readonly sources: Readonly<Record<string, number>>
  readonly conf?: ConfObject
  /** Records that make a function throw, and are set aside. */
  readonly isLetter?: (record: unknown) => boolean
  /** Outputs that are shown before their batch is committed. */
  readonly beforeCommit?: readonly string[]
  define(ssc: StreamingContext, surroundings: Surroundings): void
  record(random: Random): unknown
  /** Rows per output for each batch, in any order. */
  reference(): Reference
}

export interface Surroundings {
  source(name: string): Source<unknown>
  /** The same records, from a source whose splits end where reading finds it. */
  open(name: string): Source<unknown>
  fenced(name: string): OutputSink<unknown>
  plain(name: string): OutputSink<unknown>
}

/** Told of committed batches in order; says what each output then shows. */
type Reference = (batch: ReferenceBatch) => Record<string, unknown[]>

export interface ReferenceBatch {
  /** Batch time since the zero time, in ms. */
  readonly since: number
  readonly records: Readonly<Record<string, readonly unknown[]>>
}

export const PARTITIONS = 3

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
