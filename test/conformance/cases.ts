import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'

/** One behaviour as data; the vocabulary is in `test/spark-cases/README.md`. */
export interface Case {
  readonly id: string
  readonly area: string
  readonly kind: 'dstream' | 'script' | 'structured'
  readonly pipeline: readonly Op[]
  readonly batchIntervalMs: number | null
  readonly input: Batches | { readonly [stream: string]: Batches } | null
  readonly expected: any
  readonly ordered?: boolean
  readonly compare?: Comparison | null
  readonly numBatches?: number
  readonly inputPartitions?: number
  readonly checkpointing?: boolean
  readonly batchesBeforeRestart?: number
  readonly killAtRandom?: boolean
  readonly collect?: 'nonEmptyFirstN'
  readonly expectedSnapshots?: readonly unknown[][]
  readonly expectedPartitionsPerBatch?: readonly number[]
  readonly alsoError?: ErrorPattern | { readonly error: ErrorPattern }
  readonly sourceKind?: 'queue'
  readonly steps?: readonly Step[]
}

/** `null`: the source has no batch in that interval, which is not an empty one. */
export type Batches = readonly (readonly unknown[] | null)[]
export type Comparison = 'ordered' | 'multiset' | 'multisetDeep' | 'set' | 'flattenedMultiset' | 'flatMultiset'

export interface Op {
  readonly op: string
  readonly args?: readonly any[]
}

export interface Fn {
  readonly fn: string
}

export interface ErrorPattern {
  readonly type?: string
  readonly pattern: string | null
  readonly flags?: string
}

export interface Step {
  readonly call?: string
  readonly check?: string
  readonly env?: string
  readonly on?: any
  readonly args?: readonly any[]
  readonly as?: string
  readonly expect?: any
  readonly equals?: any
  readonly compare?: Comparison
  readonly withinMs?: number
  readonly stillBlockedAfterMs?: number
  /** Only some environment actions have more: `mtimeMs`, `conf`, `pipeline`, `checkpointMs`. */
  readonly [field: string]: any
}

/** The cases of files, and of all `*.json` in directories, in order. */
export function readCases(paths: readonly string[]): Case[] {
  return paths.flatMap(filesAt).flatMap((file) => {
    const content = JSON.parse(readFileSync(file, 'utf8')) as Case[] | { readonly cases: Case[] }
    const cases = Array.isArray(content) ? content : content.cases
    return cases.map((each) => ({ ...each, area: each.area ?? basename(file, '.json') }))
  })
}

function filesAt(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => join(path, name))
}

/** The batches of each input stream; a single list belongs to the stream `in`. */
export function inputsOf(each: Case): Map<string, Batches> {
  const { input } = each
  if (input === null || input === undefined) return new Map()
  return new Map(Object.entries<Batches>(Array.isArray(input) ? { in: input } : (input as Record<string, Batches>)))
}

export const comparisonOf = ({ compare, ordered }: Case): Comparison => compare ?? (ordered ? 'ordered' : 'multiset')
