import { given, own, unlessEmpty } from '../../model/given.ts'
import type { ReceivedBlock } from './block-writer.ts'

/** How far batches have come in what a receiver has stored, run by run. */
export type BlockPosition = {
  /** For each run that may have blocks: the first `seq` that no batch has. */
  readonly runs: Readonly<Record<string, number>>
  /**
   * Blocks before it that were not there when a batch took those behind them: from and to, by run. One of them may
   * still come, from whoever was storing it.
   */
  readonly missing?: Readonly<Record<string, readonly (readonly [from: number, to: number])[]>>
}

export const NO_BLOCKS: BlockPosition = { runs: {} }

/** Runs that are over and have no blocks left, but are remembered: the newest. */
const ENDED_KEPT = 8

/** Whether no batch up to the position has the block. */
export function isAfter({ runs, missing = {} }: BlockPosition, { run, seq }: ReceivedBlock): boolean {
  if (seq >= (own(runs, run) ?? 0)) return true
  return (own(missing, run) ?? []).some(([from, to]) => from <= seq && seq < to)
}

/**
 * A run without stored blocks needs no number any more, unless it is one of `going`, or ended lately: a block of it
 * that was put twice may come back when it has been read and deleted.
 */
export function withoutEnded(from: BlockPosition, going: ReadonlySet<string>): BlockPosition {
  const ended = Object.keys(from.runs)
    .filter((run) => !going.has(run))
    .toSorted()
  const needed = new Set([...going, ...ended.slice(-ENDED_KEPT)])
  const isNeeded = ([run]: readonly [string, unknown]): boolean => needed.has(run)
  const missing = Object.fromEntries(Object.entries(from.missing ?? {}).filter(isNeeded))
  return {
    runs: Object.fromEntries(Object.entries(from.runs).filter(isNeeded)),
    ...given({ missing: unlessEmpty(missing) }),
  }
}

/** The position after a batch that takes these blocks, of which none of a run was left out on purpose. */
export function positionAfter(from: BlockPosition, blocks: readonly ReceivedBlock[]): BlockPosition {
  const runs: Record<string, number> = { ...from.runs }
  for (const { run, seq } of blocks) runs[run] = Math.max(runs[run] ?? 0, seq + 1)
  return { ...from, runs }
}

/** As `positionAfter`, of blocks that may come in any order: what lies between them is remembered. */
export function positionWithGaps(from: BlockPosition, blocks: readonly ReceivedBlock[]): BlockPosition {
  const { runs } = positionAfter(from, blocks)
  const missing: Record<string, (readonly [number, number])[]> = {}
  for (const run of Object.keys(runs)) {
    const taken = blocks.filter((block) => block.run === run).map(({ seq }) => seq)
    const open = [...(from.missing?.[run] ?? []), [from.runs[run] ?? 0, runs[run]] as const]
    const left = open.flatMap((range) => between(range, taken))
    if (left.length > 0) missing[run] = left
  }
  return { runs, ...given({ missing: unlessEmpty(missing) }) }
}

/** What is left of a range without these numbers. */
function between([from, to]: readonly [number, number], taken: readonly number[]): (readonly [number, number])[] {
  const within = taken.filter((seq) => from <= seq && seq < to).toSorted((a, b) => a - b)
  const ends = [...within, to]
  const starts = [from, ...within.map((seq) => seq + 1)]
  return starts.map((start, i) => [start, ends[i]] as const).filter(([start, end]) => start < end)
}
