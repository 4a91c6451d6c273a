import type { InputFile } from './data.ts'
import type { Meter } from './meter.ts'
import type { Result } from './results.ts'

export type Size = 'small' | 'full'

/** One piece of work in several forms that must all give the same answer from the same bytes. */
export interface Workload {
  readonly name: string
  readonly about: string
  readonly variants: Readonly<Record<string, Variant>>
  readonly ratios: readonly RatioOf[]
  /** Too long for `small`. */
  readonly fullOnly?: boolean
  /** It counts: other work on the machine changes nothing. */
  readonly untimed?: true
  /** The table of it on the page about performance: a row for each variant. */
  readonly columns?: Readonly<Record<string, (result: Result) => number>>
  /** Made once, before any process is timed. */
  inputs(size: Size): Promise<readonly InputFile[]>
  /** Ends what `inputs` has started, after the last process. */
  close?(): Promise<void>
}

export interface Variant {
  run(setting: Setting): Promise<Outcome>
  /** Somebody else's engine: it runs where `--against` names it. */
  readonly rival?: Rival
  /** So slow that it runs in the first round alone. */
  readonly once?: boolean
  /** Variants of one group must agree on the checksum; all of them where nothing is said. */
  readonly group?: string
  readonly fullOnly?: boolean
  /** More heap than Node takes by itself. */
  readonly heapMb?: number
}

export type Rival = 'spark' | 'bytewax' | 'pathway'

/** What a variant is given in its own process. */
export interface Setting {
  readonly size: Size
  readonly inputs: readonly InputFile[]
  readonly meter: Meter
}

export interface Outcome {
  /** Records of the timed batches. */
  readonly records: number
  readonly checksum: string
  /** Fields of the workload's own, at the end of the result line. */
  readonly extra?: Readonly<Record<string, number | string>>
}

export type Metric = 'records_per_cpu_s' | 'p50_batch_ms' | 'p50_commit_ms' | 'cpu_ms_per_batch'

/** Above 1, the first variant is better. */
export interface RatioOf {
  readonly of: string
  readonly to: string
  readonly metric: Metric
  readonly goal?: number
}
