import { ManualClock } from '../../lib/adapters/local/manual-clock.ts'
import type { CutRequest, Source, SourceIo } from '../../lib/source/source.ts'
import type { SourceProgress } from '../../lib/model/source-progress.ts'
import { memoryIo, sourceContract } from '../../lib/testing/contracts/source.ts'
import type { SourceUnderTest } from '../../lib/testing/contracts/source-batches.ts'

// Sources that break one promise each, and the suite that has to find it: source-contract.test.ts runs this file.

/** What is fed, and what a source has deleted of it. */
interface Log {
  readonly records: string[]
  deleted: number
}

type At = { at: number }
type Range = { from: number; to: number }
type Answer = { position: any; splits: any[]; records: number | null; newest?: any }

/** A source over a log whose positions are places in it, with everything that a source may have. */
interface LogSource {
  name: string
  identity: string
  cut(request: CutRequest<At>): Promise<Answer>
  read(split: Range, io: SourceIo): Iterable<string[]> | AsyncIterable<string[]>
  weight(split: Range): number
  progress(cut: Answer): SourceProgress
  ahead(splits: readonly Range[]): () => Promise<void>
  committed(position: At): Promise<void>
}

const whole = (log: Log, from: number, limit: number | null): Range => ({
  from,
  to: Math.min(log.records.length, from + (limit ?? Infinity)),
})

function* piecesOf({ records, deleted }: Log, { from, to }: Range, size = 2): Iterable<string[]> {
  if (from < deleted) throw new Error('it is not there any more')
  for (let at = from; at < to; at += size) yield records.slice(at, Math.min(to, at + size))
}

const logSource = (log: Log): LogSource => ({
  name: 'Log',
  identity: 'log',
  async cut({ position, limit }) {
    const range = whole(log, position?.at ?? 0, limit)
    const { from, to } = range
    const half = Math.ceil((from + to) / 2)
    const halves = [
      { from, to: half },
      { from: half, to },
    ]
    return { position: { at: to }, splits: halves.filter((each) => each.from < each.to), records: to - from }
  },
  read: (split) => piecesOf(log, split),
  weight: ({ from, to }) => to - from,
  progress: ({ position }) => ({ committed: position, newest: null, lagRecords: null, lagMs: null }),
  ahead: () => async () => {},
  async committed({ at }) {
    log.deleted = at
  },
})

type Break = (sound: LogSource, log: Log) => Partial<LogSource>

const under = (broken: Break) => async (): Promise<SourceUnderTest> => {
  const log: Log = { records: [], deleted: 0 }
  const clock = new ManualClock()
  const open = (): Source<unknown> => {
    const sound: any = logSource(log)
    return { ...sound, ...broken(sound, log) }
  }
  return {
    source: open(),
    clock,
    io: memoryIo(clock),
    feed: async (records) => void log.records.push(...records),
    restarted: async () => open(),
  }
}

for (const [name, broken] of Object.entries<Break>({
  'sound source': () => ({}),
  'source that is read once': ({ read }) => {
    const seen = new Set<string>()
    return {
      read: (split, io) => {
        const isNew = !seen.has(JSON.stringify(split))
        seen.add(JSON.stringify(split))
        return isNew ? read(split, io) : []
      },
    }
  },
  'source that gives records again in another order': (_, log) => {
    const seen = new Set<number>()
    return {
      read: ({ from, to }) => {
        const records = log.records.slice(from, to)
        if (seen.has(from)) records.reverse()
        seen.add(from)
        return [records]
      },
    }
  },
  'source with one cursor for all readings': (_, log) => {
    let at = 0
    return {
      async *read({ from, to }) {
        for (at = from; at < to; at++) {
          yield [log.records[at]]
          await Promise.resolve()
        }
      },
    }
  },
  'source that goes on where a reading was given up': (_, log) => {
    const begun = new Map<number, number>()
    return {
      *read({ from, to }) {
        for (let at = begun.get(from) ?? from; at < to; at++) {
          begun.set(from, at + 1)
          yield [log.records[at]]
        }
        begun.delete(from)
      },
    }
  },
  'source whose readings follow one another': (_, log) => {
    let next = 0
    return {
      *read({ from, to }) {
        if (from > next) throw new Error('not yet')
        next = Math.max(next, to)
        yield log.records.slice(from, to)
      },
    }
  },
  'source whose splits are objects of its own': ({ cut, read }) => {
    const ranges = new WeakMap<object, Range>()
    return {
      cut: async (request) => {
        const answer = await cut(request)
        const splits = answer.splits.map((range) => {
          const split = {}
          ranges.set(split, range)
          return split
        })
        return { ...answer, splits }
      },
      read: (split, io) => read(ranges.get(split)!, io),
    }
  },
  'source whose positions are objects of its own': ({ cut }) => {
    const places = new WeakMap<object, At>()
    return {
      cut: async (request) => {
        const answer = await cut({ ...request, position: request.position && (places.get(request.position) ?? null) })
        const position = {}
        places.set(position, answer.position)
        return { ...answer, position }
      },
    }
  },
  'source whose positions are dates': ({ cut }) => ({
    cut: async (request) => {
      const answer = await cut({ ...request, position: request.position && { at: +(request.position as any) } })
      return { ...answer, position: new Date(answer.position.at) }
    },
  }),
  'source whose newest is a bigint': ({ cut }) => ({
    cut: async (request) => ({ ...(await cut(request)), newest: 1n }),
  }),
  'source that moves the position it is given': ({ cut }, log) => ({
    cut: async (request) => {
      const answer = await cut(request)
      if (request.position) request.position.at = log.records.length
      return answer
    },
  }),
  'source that takes from the split it is given': ({ read }) => ({
    *read(split, io) {
      for (const chunk of read({ ...split }, io) as Iterable<string[]>) {
        yield chunk
        Object.assign(split, { read: chunk.length })
      }
    },
  }),
  'source that reads to the end of what is there': ({ read }, log) => ({
    read: ({ from, to }, io) => read({ from, to: from < to && to % 2 === 1 ? log.records.length : to }, io),
  }),
  'source that goes on where reading ended': ({ cut, read }, log) => {
    let seen = 0
    return {
      cut: (request) => cut({ ...request, position: request.position && { at: Math.max(seen, request.position.at) } }),
      read: (split, io) => {
        seen = log.records.length
        return read(split, io)
      },
    }
  },
  'source that counts what is there and not what it takes': ({ cut }, log) => ({
    cut: async (request) => ({ ...(await cut(request)), records: log.records.length }),
  }),
  'source that drops what a limit leaves': ({ cut }, log) => ({
    cut: async (request) => ({ ...(await cut(request)), position: { at: log.records.length } }),
  }),
  'source that takes nothing under a small limit': ({ cut }) => ({
    cut: (request) => cut({ ...request, limit: request.limit && Math.floor(request.limit / 2) }),
  }),
  'source whose weights are negative': () => ({ weight: ({ from, to }) => from - to }),
  'source whose weights are no numbers': () => ({ weight: ({ from }) => from / 0 }),
  'source whose lag is negative': ({ progress }) => ({ progress: (cut) => ({ ...progress(cut), lagRecords: -1 }) }),
  'source whose lag is another each time': ({ progress }) => {
    let asked = 0
    return { progress: (cut) => ({ ...progress(cut), lagMs: asked++ }) }
  },
  'source whose newest is a date': ({ progress }) => ({
    progress: (cut) => ({ ...progress(cut), newest: new Date(0) as any }),
  }),
  'source that gives what was read ahead once': ({ read }) => {
    const ahead = new Set<string>()
    return {
      ahead: (splits) => {
        for (const split of splits) ahead.add(JSON.stringify(split))
        return async () => ahead.clear()
      },
      read: (split, io) => (ahead.has(JSON.stringify(split)) ? [] : read(split, io)),
    }
  },
  'source that takes what was read ahead for read': ({ cut, read }) => {
    let ahead = 0
    return {
      cut: (request) => cut({ ...request, position: request.position && { at: request.position.at + ahead } }),
      ahead: () => async () => void ahead++,
      read,
    }
  },
  'source that begins anew after an empty batch': ({ cut }, log) => ({
    cut: async (request) => {
      const answer = await cut(request)
      return request.position && request.position.at === log.records.length && request.limit === null
        ? { ...answer, position: { at: 0 } }
        : answer
    },
  }),
  'source without a position where nothing is': ({ cut }, log) => ({
    cut: async (request) => ({ ...(await cut(request)), ...(log.records.length === 0 ? { position: null } : {}) }),
  }),
  'source with an empty split where nothing is': ({ cut }) => ({
    cut: async (request) => {
      const { splits, ...answer } = await cut(request)
      const { at } = answer.position
      return { ...answer, splits: splits.length > 0 ? splits : [{ from: at, to: at }] }
    },
  }),
  'source that remembers what it has cut': ({ cut }) => {
    let last: At | null = null
    return {
      cut: async (request) => {
        const answer = await cut({ ...request, position: last ?? request.position })
        last = answer.position
        return answer
      },
    }
  },
  'source that deletes more than what was committed': (_, log) => ({
    committed: async () => void (log.deleted = log.records.length),
  }),
  'source that may be told of a commit once': ({ committed }, log) => ({
    committed: async (position) => {
      if (log.deleted === position.at) throw new Error('it is gone')
      await committed(position)
    },
  }),
  'source that begins anew in another process': ({ cut }) => {
    let cuts = 0
    return { cut: (request) => cut({ ...request, position: cuts++ === 0 ? null : request.position }) }
  },
  'source whose splits are those of its process': ({ cut, read }) => {
    const ranges: Range[] = []
    return {
      cut: async (request) => {
        const answer = await cut(request)
        return { ...answer, splits: answer.splits.map((range) => ranges.push(range) - 1) }
      },
      read: (split, io) => read(ranges[split as any], io),
    }
  },
  'source whose place is another in each process': () => ({ identity: `log of ${Math.random()}` }),
  'source that gives its sixth record and no list of it': ({ read }, log) => ({
    read: (split, io) => (split.from === 5 ? (log.records[5] as any) : read(split, io)),
  }),
}))
  sourceContract(name, under(broken))
