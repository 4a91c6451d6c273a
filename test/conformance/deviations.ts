/** Where Sluice differs from Spark on purpose. What it does instead is asserted. */
export interface Deviation {
  readonly id: string
  /** Index of the step that differs; the other steps hold as they are. */
  readonly step: number
  /** What that step expects of us. */
  readonly instead: unknown
  readonly reason: string
  /** Row of `docs/spark-parity.md`. */
  readonly parity: string
}

export const deviations: readonly Deviation[] = []
