import type { ListedFault } from './fault-list.ts'

/** What a violation needs, apart from the program and its seed. */
export interface Needed {
  readonly faults: readonly ListedFault[]
  readonly ticks: number
  /** Most records of one partition in one interval. */
  readonly recordsMax: number
}

/** More than any interval brings. */
export const RECORDS_ALL = 1000

/**
 * Takes away what a violation does not need: faults until it passes without any one of those left, then intervals, then
 * records. Each answer of `fails` is one run, and there are at most `runsMax` of them, so the result may not be the
 * least one.
 */
export async function shrink(
  found: Needed,
  fails: (candidate: Needed) => Promise<boolean>,
  runsMax = 300,
): Promise<Needed> {
  let runs = 0
  let least = found
  const takes = async (change: Partial<Needed>): Promise<boolean> => {
    if (runs++ >= runsMax) return false
    const candidate = { ...least, ...change }
    if (!(await fails(candidate))) return false
    least = candidate
    return true
  }
  await fewerFaults(
    () => least.faults,
    (faults) => takes({ faults }),
  )
  await firstTaken(smaller(least.ticks), (ticks) => takes({ ticks }))
  await firstTaken([1, 2, 4, 8], (recordsMax) => takes({ recordsMax }))
  await fewerFaults(
    () => least.faults,
    (faults) => takes({ faults }),
  )
  return least
}

/** Zeller's delta debugging: halves first, then ever smaller pieces, down to single faults. */
async function fewerFaults(
  current: () => readonly ListedFault[],
  takes: (faults: readonly ListedFault[]) => Promise<boolean>,
): Promise<void> {
  if (current().length > 0 && (await takes([]))) return
  for (let size = Math.ceil(current().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < current().length;) {
      const without = current().filter((_, i) => i < at || i >= at + size)
      if (without.length === 0 || !(await takes(without))) at += size
    }
  }
}

async function firstTaken(values: readonly number[], takes: (value: number) => Promise<boolean>): Promise<void> {
  for (const value of values) if (await takes(value)) return
}

/** 1, 2, 3, 4, 6, 8, 12, …, below `value`. */
function smaller(value: number): number[] {
  const values: number[] = []
  for (let each = 1; each < value; each += Math.max(1, Math.floor(each / 2))) values.push(each)
  return values
}
