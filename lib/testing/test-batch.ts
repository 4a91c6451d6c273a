import type { Manifest } from '../model/manifest.ts'

/** A batch that was committed. */
export interface TestBatch {
  /** Its number, from 1. */
  readonly batch: number
  /** Batch time in ms since the epoch. */
  readonly timeMs: number
  /** Records that arrived, by source. */
  readonly records: Readonly<Record<string, number>>
}

export const batchOf = ({ batch, time, cuts }: Manifest): TestBatch => ({
  batch,
  timeMs: time,
  records: Object.fromEntries(Object.entries(cuts).map(([source, cut]) => [source, cut?.records ?? 0])),
})
