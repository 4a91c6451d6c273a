/** Where Sluice differs from Spark on purpose. What it does instead is asserted. */
interface Deviation {
  readonly id: string
  /** Index of the step that differs; the other steps hold as they are. */
  readonly step: number
  /** What that step expects of us. */
  readonly instead: unknown
  readonly reason: string
  /** Where the parity table speaks of it. */
  readonly parity: string
}

const interrupted =
  'A batch that was not committed leaves nothing behind: its files are found again by the batch that runs in its place.'

export const deviations: readonly Deviation[] = [
  {
    id: 'checkpoint-file-stream-recovery',
    step: 14,
    instead: [1, 2],
    reason: interrupted,
    parity: 'C.1 file checkpoint',
  },
  {
    id: 'checkpoint-file-stream-recovery',
    step: 28,
    instead: [1, 2],
    reason: interrupted,
    parity: 'C.1 file checkpoint',
  },
]
