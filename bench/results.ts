import type { Measured } from './child.ts'
import type { Gate } from './gate.ts'
import type { Metric, RatioOf, Workload } from './workload.ts'

/** One variant in one round. */
export interface Result extends Omit<Measured, 'extra'> {
  readonly workload: string
  readonly variant: string
  readonly round: number
  readonly gate: Gate
  readonly extra: Measured['extra']
}

/** Two variants over all rounds that ran both. Above 1: the first is better. */
export interface Ratio {
  readonly workload: string
  readonly ratio: string
  readonly metric: Metric
  readonly median: number
  readonly worst: number
  readonly best: number
  readonly rounds: number
  readonly checksums_equal: true
}

/** A ratio with what it should be and what it was in each round. */
export type RatioRow = Ratio & { readonly goal?: number; readonly perRound: readonly number[] }

/** The ratios of a workload, from rounds in which both sides ran. */
export function ratiosOf(workload: Workload, results: readonly Result[]): RatioRow[] {
  return workload.ratios.flatMap((wanted) => {
    const perRound = roundsOf(wanted, results)
    if (perRound.length === 0) return []
    const sorted = perRound.toSorted((a, b) => a - b)
    return [
      {
        workload: workload.name,
        ratio: `${wanted.of}/${wanted.to}`,
        metric: wanted.metric,
        median: median(sorted),
        worst: sorted[0],
        best: sorted.at(-1)!,
        rounds: sorted.length,
        checksums_equal: true as const,
        ...(wanted.goal === undefined ? {} : { goal: wanted.goal }),
        perRound,
      },
    ]
  })
}

function roundsOf({ of, to, metric }: RatioOf, results: readonly Result[]): number[] {
  const find = (variant: string, round: number): Result | undefined =>
    results.find((result) => result.variant === variant && result.round === round)
  const rounds = [...new Set(results.map((result) => result.round))]
  return rounds.flatMap((round) => {
    const [a, b] = [find(of, round), find(to, round)]
    return a && b ? [better(a, b, metric)] : []
  })
}

const better = (a: Result, b: Result, metric: Metric): number =>
  metric === 'records_per_cpu_s' ? a.records / a.cpu_s / (b.records / b.cpu_s) : valueOf(b, metric) / valueOf(a, metric)

function valueOf(result: Result, metric: Exclude<Metric, 'records_per_cpu_s'>): number {
  if (metric === 'p50_batch_ms') return result.p50_batch_ms
  return metric === 'cpu_ms_per_batch'
    ? (result.cpu_s * 1000) / Number(result.extra.batches)
    : Number(result.extra[metric])
}

function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Variants of one group that gave different answers, in words; nothing where all agree. */
export function disagreements(workload: Workload, results: readonly Result[]): string[] {
  const answers = new Map<string, Map<string, Set<string>>>()
  for (const { variant, checksum } of results) {
    const group = workload.variants[variant].group ?? ''
    const ofGroup = answers.get(group) ?? new Map<string, Set<string>>()
    answers.set(group, ofGroup.set(checksum, (ofGroup.get(checksum) ?? new Set()).add(variant)))
  }
  return [...answers]
    .filter(([, sums]) => sums.size > 1)
    .map(
      ([group, sums]) =>
        `${workload.name}${group && ` (${group})`}: ` +
        `${[...sums].map(([sum, variants]) => `${sum} from ${[...variants].join(', ')}`).join('; ')}`,
    )
}
