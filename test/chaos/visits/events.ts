import type { Source } from '../../../lib/index.ts'

/** One event of the generated stream. */
interface Visit {
  readonly page: string
  readonly user: string
  readonly ms: number
}

/** The visits of tick `tick`: a pure function of it, so that every process and the reference see the same stream. */
export function visitsOf(tick: number): Visit[] {
  let state = (tick * 2654435761) >>> 0 || 1
  const next = (below: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
  return Array.from({ length: next(40) }, () => ({ page: `/p${next(12)}`, user: `u${next(30)}`, ms: next(500) }))
}

/** The stream as a source of two partitions, cut by batch time. */
export const visits = (ticks: number): Source<Visit> => ({
  name: 'generated visits',
  cut: async ({ time, zeroTime, intervalMs }) => {
    const tick = Math.round((time - zeroTime) / intervalMs)
    return {
      position: tick,
      splits:
        tick > ticks
          ? []
          : [
              { tick, half: 0 },
              { tick, half: 1 },
            ],
      records: null,
    }
  },
  read: (split) => {
    const { tick, half } = split as { tick: number; half: number }
    return [visitsOf(tick).filter((_, i) => i % 2 === half)]
  },
})
