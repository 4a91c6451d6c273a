import { ManualClock } from '../../lib/adapters/local/manual-clock.ts'
import type { Ended, Source, SourceIo } from '../../lib/source/source.ts'
import { memoryIo, sourceContract } from '../../lib/testing/contracts/source.ts'
import { OpenLog } from '../support/open-log.ts'

// Sources whose splits end where reading finds it, each of which breaks a promise about ends: source-contract.test.ts
// runs this file.

type Split = { p: number; from: number; to?: number }

/** A source as `OpenLog` has it, with splits that are known here. */
interface OpenSource {
  read(split: Split, io: SourceIo, ended?: Ended<Split>): AsyncIterable<string[]>
  sealed(position: number[], splits: readonly Split[]): number[]
}

type Break = (sound: OpenSource, log: readonly unknown[]) => Partial<OpenSource>

for (const [name, broken] of Object.entries<Break>({
  'sound open source': () => ({}),
  'open source that reads on where a split has its end': ({ read }) => ({
    read: ({ p, from }, io, ended) => read({ p, from }, io, ended),
  }),
  'open source that ends a split where the log ends': ({ read }, log) => ({
    read: (split, io, ended) => read(split, io, () => ended?.({ ...split, to: log.length })),
  }),
  'open source that says no end of a split that has one': ({ read }) => ({
    read: (split, io, ended) => read(split, io, split.to === undefined ? ended : undefined),
  }),
  'open source that says an end twice': ({ read }) => ({
    read: (split, io, ended) =>
      read(split, io, (end) => {
        ended?.(end)
        ended?.(end)
      }),
  }),
  'open source that goes on where it has read last': ({ read }) => {
    let last = 0
    return {
      read: (split, io, ended) =>
        read(split, io, (end) => {
          last = end.to!
          ended?.(end)
        }),
      sealed: () => [last],
    }
  },
  'open source that goes on where the log ends': (_, log) => ({ sealed: () => [log.length] }),
}))
  sourceContract(
    name,
    async () => {
      const clock = new ManualClock()
      const log = new OpenLog(1)
      const records = log.partitions[0]
      const open = (): Source<unknown> => {
        const sound: Source<any, any, any> = log.source()
        return { ...sound, ...broken(sound as OpenSource, records) }
      }
      return {
        source: open(),
        clock,
        io: memoryIo(clock),
        feed: async (arriving) => void records.push(...arriving),
        restarted: async () => open(),
      }
    },
    { discovers: true },
  )
