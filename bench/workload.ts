import type { InputFile } from './data.ts'
import type { Meter } from './meter.ts'

export type Size = 'small' | 'full'

/** One piece of work in several forms that must all give the same answer from the same bytes. */
export interface Workload {
  readonly name: string
  readonly about: string
  readonly variants: Readonly<Record<string, Variant>>
  readonly ratios: readonly RatioOf[]
  /** Too long for `small`. */
  readonly fullOnly?: boolean
  /** Made once, before any process is timed. */
  inputs(size: Size): Promise<readonly InputFile[]>
  /** Ends what `inputs` has started, after the last process. */
  close?(): Promise<void>
}

export interface Variant {
  run(setting: Setting): Promise<Outcome>
  /** Why this one cannot run here, in a sentence. */
  readonly skip?: string
  /** Variants of one group must agree on the checksum; all of them where nothing is said. */
  readonly group?: string
  readonly fullOnly?: boolean
}

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

export type Metric = 'records_per_cpu_s' | 'p50_batch_ms' | 'p50_commit_ms'

/** Above 1, the first variant is better. */
export interface RatioOf {
  readonly of: string
  readonly to: string
  readonly metric: Metric
  readonly goal?: number
}
