import type { Source } from '../source/source.ts'
import type { Ports } from './ports.ts'
import type { SimProcess } from './sim-process.ts'

/** A log outside, partition by partition: it can be read again at any position, and it outlives every process. */
export interface SimLog {
  readonly name: string
  readonly partitions: readonly (readonly { readonly time: number; readonly record: unknown }[])[]
}

export type LogSplit = { readonly p: number; readonly from: number; readonly to: number }

/** A log as one process reads it. */
export function logSource(log: SimLog, ports: Ports, process: SimProcess): Source<unknown> {
  const source: Source<unknown, readonly number[], LogSplit> = {
    name: `log ${log.name}`,
    cut: ({ time, position }) =>
      ports.call(process, { port: 'source', operation: 'cut', about: log.name, changes: false }, async () => {
        const from = position ?? log.partitions.map(() => 0)
        const to = log.partitions.map((records, p) =>
          Math.max(from[p], records.findLastIndex((each) => each.time <= time) + 1),
        )
        const splits: LogSplit[] = to.map((end, p) => ({ p, from: from[p], to: end }))
        return {
          position: to,
          splits,
          records: splits.reduce((sum, split) => sum + split.to - split.from, 0),
        }
      }),
    weight: ({ from, to }) => to - from,
    async *read({ p, from, to }) {
      yield await ports.call(
        process,
        { port: 'source', operation: 'read', about: `${log.name}/${p} ${from}-${to}`, changes: false },
        async () => recordsOf(log, { p, from, to }),
      )
    },
  }
  return source
}

type OpenSplit = Pick<LogSplit, 'p' | 'from'> & Partial<LogSplit>

/** The same log, read as far as it has come by the time of reading: two readings may end in different places. */
export function openLogSource(log: SimLog, ports: Ports, process: SimProcess): Source<unknown> {
  const call = <T>(operation: string, about: string, does: () => T): Promise<T> =>
    ports.call(process, { port: 'source', operation, about, changes: false }, async () => does())
  const source: Source<unknown, readonly number[], OpenSplit> = {
    name: `open log ${log.name}`,
    discovers: true,
    cut: ({ position }) =>
      call('cut', log.name, () => {
        const from = position ?? log.partitions.map(() => 0)
        return { position: from, splits: from.map((each, p) => ({ p, from: each })), records: null }
      }),
    async *read({ p, from, to }, _io, ended) {
      const sealed = await call('read', `${log.name}/${p} ${from}-${to ?? ''}`, () => {
        const arrived = log.partitions[p].findLastIndex((each) => each.time <= ports.world.now()) + 1
        return { p, from, to: to ?? Math.max(from, arrived) }
      })
      yield recordsOf(log, sealed)
      ended?.(sealed)
    },
    sealed(position, splits) {
      const next = [...position]
      for (const { p, from, to = from } of splits) next[p] = to
      return next
    },
  }
  return source
}

export const recordsOf = (log: SimLog, { p, from, to }: LogSplit): unknown[] =>
  log.partitions[p].slice(from, to).map((each) => each.record)
