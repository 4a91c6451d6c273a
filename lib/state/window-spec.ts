import { checkSettled } from '../model/settled.ts'

export interface WindowSpec {
  readonly f: (a: unknown, b: unknown) => unknown
  readonly inverse: ((a: unknown, b: unknown) => unknown) | null
  readonly filter: ((pair: [unknown, unknown]) => boolean) | null
  readonly lengthMs: number
  readonly slideMs: number
  /** Distance of panes: the slide of the reduced stream. */
  readonly paneMs: number
  readonly zeroTime: number
  /** Whether the window emits at this batch, and whether its running result is written as a snapshot. */
  readonly fires: boolean
  readonly snapshots: boolean
}

/** One batch, reduced: dense key ids of the window's dictionary and a value for each. */
export interface Pane {
  readonly time: number
  readonly ids: Int32Array
  readonly values: readonly unknown[] | Float64Array
}

/** How a window turns panes into results; the two forms differ only here. */
export interface PaneAggregate {
  /** A batch has come, with or without a pane. */
  advance(time: number): void
  /** A pane entered; it is the newest. */
  enter(pane: Pane): void
  /** Emits the window that ends at `time`. */
  slide(time: number, panes: readonly Pane[]): void
  forEach(visit: (id: number, value: unknown) => void): void
  holds(id: number): boolean
}

/** Whether a window keeps the pair. Throws `E_ASYNC` for a filter that answers later: a promise would keep each. */
export function isKept(filter: NonNullable<WindowSpec['filter']>, pair: [unknown, unknown]): boolean {
  const answer: unknown = filter(pair)
  if (typeof answer === 'object') checkSettled(answer, 'the filter of reduceByKeyAndWindow')
  return Boolean(answer)
}
