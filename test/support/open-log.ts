import type { Source } from '../../lib/source/source.ts'

/** A log in memory, in partitions, and a source over it whose splits end where reading finds it. */
export class OpenLog {
  readonly partitions: unknown[][]

  constructor(partitions: number) {
    this.partitions = Array.from({ length: partitions }, () => [])
  }

  source(): Source<any> {
    return openSource(
      'Open log',
      this.partitions.length,
      (p) => this.partitions[p].length,
      (p, i) => this.partitions[p][i],
    )
  }
}

/** Numbers without end, of which each reading finds more than the one before: no two readings end in the same place. */
export function growingSource(partitions: number): Source<number> {
  let readings = 0
  return openSource(
    'Numbers',
    partitions,
    (_p, from) => from + 3 + (readings++ % 5),
    (p, i) => i * partitions + p,
  )
}

interface OpenSplit {
  readonly p: number
  readonly from: number
  readonly to?: number
}

function openSource<T>(
  name: string,
  partitions: number,
  tip: (p: number, from: number) => number,
  record: (p: number, index: number) => T,
): Source<T> {
  return {
    name,
    discovers: true,
    async cut({ position }) {
      const from = (position as number[] | null) ?? Array.from({ length: partitions }, () => 0)
      return { position: from, splits: from.map((each, p) => ({ p, from: each })), records: null }
    },
    async *read(split, _io, ended) {
      const { p, from, to = tip(p, from) } = split as unknown as OpenSplit
      for (let at = from; at < to; at += 2)
        yield Array.from({ length: Math.min(2, to - at) }, (_, i) => record(p, at + i))
      ended?.({ p, from, to })
    },
    sealed(position, splits) {
      const next = [...(position as number[])]
      for (const { p, to } of splits as unknown as Required<OpenSplit>[]) next[p] = to
      return next
    },
  }
}
