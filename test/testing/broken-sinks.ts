import { decideFence, sinkIsNewer } from '../../lib/output/fence.ts'
import type { Delivery, OutputSink } from '../../lib/output/sink.ts'
import { sinkContract, type SinkUnderTest } from '../../lib/testing/contracts/sink.ts'
import type { Death, SinkRow } from '../../lib/testing/contracts/sink-rows.ts'
import { DyingCalls } from '../adapters/dying-calls.ts'
import { brokenClosings } from './broken-closings.ts'

// Sinks that break a promise each, and the suite that has to find it: sink-contract.test.ts runs this file.

/** A place with transactions: what is written there, and a memory beside it. */
interface Place {
  rows: SinkRow[]
  readonly last: Map<string, number>
  /** One call to the place, which happens whole or not at all. */
  call<R>(body: () => R): Promise<R>
}

type Sink = OutputSink<SinkRow, 'exactly-once'> & Required<Pick<OutputSink<SinkRow>, 'finish' | 'close'>>
type Break = (sound: Sink, place: Place) => Partial<Sink>

const fenceOf = ({ app, inc, sink, partition }: Delivery): string => [app, inc, sink, partition].join('/')

/** What a sink remembers under, and how it decides, may be broken. */
function write(place: Place, { fence = fenceOf, decide = decideFence } = {}): Sink['write'] {
  return async (records, delivery) => {
    delivery.signal?.throwIfAborted()
    await place.call(() => {
      const last = place.last.get(fence(delivery)) ?? null
      const decision = decide(last, delivery.batch)
      if (decision === 'newer') throw sinkIsNewer(delivery, last!, 'Rows')
      if (decision === 'already-applied') return
      place.last.set(fence(delivery), delivery.batch)
      place.rows.push(...records)
    })
  }
}

const soundSink = (place: Place): Sink => ({
  name: 'rows',
  guarantee: 'exactly-once',
  write: write(place),
  finish: async () => {},
  close: async () => {},
})

/** Each row has a name of its own, and is written again over itself. */
const byName: Break = (_, place) => ({
  write: async (records, { signal, app, inc, sink, batch, partition }) => {
    signal?.throwIfAborted()
    for (const [i, row] of records.entries())
      await place.call(() => {
        const name = [app, inc, sink, batch, partition, i].join('/')
        if (place.last.has(name)) return
        place.last.set(name, batch)
        place.rows.push(row)
      })
  },
})

const under = (broken: Break, fenced: boolean) => async (): Promise<SinkUnderTest> => {
  const stored = { rows: [] as SinkRow[], last: new Map<string, number>() }
  const open = (calls: DyingCalls | null): Sink => {
    const place = Object.assign(Object.create(stored) as Place, {
      call: async <R>(body: () => R): Promise<R> => {
        await Promise.resolve()
        return calls
          ? calls.call(
              async () => body(),
              () => {},
            )
          : body()
      },
    })
    const sound = soundSink(place)
    return { ...sound, ...broken(sound, place) }
  }
  return {
    fenced,
    open: () => open(null),
    dying: (n: number, death: Death) => open(new DyingCalls(n, death)),
    contents: async () => stored.rows,
  }
}

const isSmall = (records: readonly SinkRow[]): boolean => records.length === 2

for (const [name, broken] of Object.entries<Break>({
  'sound sink': () => ({}),
  'sink that remembers for itself': (_, place) => ({ write: write({ ...place, rows: place.rows, last: new Map() }) }),
  'sink that looks before it writes': ({ write: sound }, place) => ({
    write: async (records, delivery) => {
      if (records.length !== 20) return sound(records, delivery)
      const last = await place.call(() => place.last.get(fenceOf(delivery)) ?? null)
      if (decideFence(last, delivery.batch) !== 'apply') return
      await place.call(() => {
        place.last.set(fenceOf(delivery), delivery.batch)
        place.rows.push(...records)
      })
    },
  }),
  'sink that wants every number': (_, place) => ({
    write: write(place, {
      decide: (last, batch) => {
        if (last === 2 && batch > 3) throw new Error(`batch ${last + 1} is missing`)
        return decideFence(last, batch)
      },
    }),
  }),
  'sink that compares numbers as texts': (_, place) => ({
    write: write(place, {
      decide: (last, batch) => (last === null || `${last}` < `${batch}` ? 'apply' : decideFence(last, last)),
    }),
  }),
  'sink that takes an older batch as well': (_, place) => ({
    write: write(place, { decide: (last, batch) => (last === batch ? 'already-applied' : 'apply') }),
  }),
  'sink that takes an older batch for written': (_, place) => ({
    write: write(place, { decide: (last, batch) => decideFence(last, Math.max(batch, last ?? 0)) }),
  }),
  'sink that remembers one partition': (_, place) => ({
    write: write(place, { fence: ({ app, inc, sink }) => [app, inc, sink].join('/') }),
  }),
  'sink that takes partitions in their order alone': ({ write: sound }) => {
    let next = 0
    return {
      write: async (records, delivery) => {
        if (delivery.partitions === 3 && delivery.batch === 1 && delivery.partition > next) throw new Error('not yet')
        await sound(records, delivery)
        next = delivery.partition + 1
      },
    }
  },
  'sink that forgets its first partition': ({ write: sound }, place) => ({
    write: async (records, delivery) => {
      await sound(records, delivery)
      if (delivery.batch === 4) place.last.delete(fenceOf({ ...delivery, partition: 0 }))
    },
  }),
  'sink that remembers former lives': (_, place) => ({
    write: write(place, { fence: ({ app, sink, partition }) => [app, sink, partition].join('/') }),
  }),
  'sink that takes outputs for one': (_, place) => ({
    write: write(place, { fence: ({ app, inc, partition }) => [app, inc, partition].join('/') }),
  }),
  'sink that writes when a batch ends': ({ write: sound }) => {
    const kept: Parameters<Sink['write']>[] = []
    return {
      write: async (records, delivery) => {
        if (delivery.partitions !== 2 || records.length > 3) return sound(records, delivery)
        kept.push([records, delivery])
      },
      finish: async () => {
        for (const each of kept.splice(0)) await sound(...each)
      },
    }
  },
  'sink that writes what was given up': ({ write: sound }) => ({
    write: (records, { signal: _signal, ...delivery }) => sound(records, delivery),
  }),
  'sink that takes what was given up for written': ({ write: sound }, place) => ({
    write: async (records, delivery) => {
      if (delivery.signal?.aborted) place.last.set(fenceOf(delivery), delivery.batch)
      await sound(records, delivery)
    },
  }),
  'sink that sorts what it is given': ({ write: sound }) => ({
    write: (records, delivery) =>
      sound(
        (records as SinkRow[]).sort((a, b) => (a.id < b.id ? -1 : 1)),
        delivery,
      ),
  }),
  'sink that stamps what it is given': ({ write: sound }) => ({
    write: (records, delivery) => {
      for (const row of records) Object.assign(row, { batch: delivery.batch })
      return sound(
        records.map(({ id, text, n, at }) => ({ id, text, n, at })),
        delivery,
      )
    },
  }),
  ...brokenClosings,
  'sink that does not end a batch of nothing': ({ write: sound }) => {
    let written = 0
    return {
      write: (records, delivery) => {
        written++
        return sound(records, delivery)
      },
      finish: async ({ batch, partitions }) => {
        if (written === 0 && partitions === 2 && batch === 1) throw new Error('nothing was written')
      },
    }
  },
  'sink that has room for 1,000 rows': ({ write: sound }) => ({
    write: (records, delivery) => sound(records.slice(0, 1000), delivery),
  }),
  'sink that writes nothing as text': ({ write: sound }) => ({
    write: (records, delivery) =>
      sound(
        records.map((row) => ({ ...row, text: row.text ?? 'null' })),
        delivery,
      ),
  }),
  'sink that remembers after it has written': ({ write: sound }, place) => ({
    write: async (records, delivery) => {
      if (records.length !== 5) return sound(records, delivery)
      if (place.last.get(fenceOf(delivery)) === delivery.batch) return
      await place.call(() => place.rows.push(...records))
      await place.call(() => place.last.set(fenceOf(delivery), delivery.batch))
    },
  }),
  'sink that remembers before it has written': ({ write: sound }, place) => ({
    write: async (records, delivery) => {
      if (records.length !== 5) return sound(records, delivery)
      if (place.last.get(fenceOf(delivery)) === delivery.batch) return
      await place.call(() => place.last.set(fenceOf(delivery), delivery.batch))
      await place.call(() => place.rows.push(...records))
    },
  }),
  'sink that writes rows one by one': ({ write: sound }, place) => ({
    write: async (records, delivery) => {
      if (records.length !== 5) return sound(records, delivery)
      for (const row of records.slice(0, 2)) await place.call(() => place.rows.push(row))
      await sound(records.slice(2), delivery)
    },
  }),
  'sink that keeps silent about what failed': ({ write: sound }) => ({
    write: async (records, delivery) => {
      const written = sound(records, delivery)
      await (records.length === 1 && delivery.partition === 1 ? written.catch(() => {}) : written)
    },
  }),
  'sink that answers before it has written': ({ write: sound }) => ({
    write: async (records, delivery) => {
      if (!isSmall(records) || delivery.partitions !== 1 || delivery.inc !== 'second') return sound(records, delivery)
      setTimeout(() => void sound(records, delivery), 20)
    },
  }),
}))
  sinkContract(name, under(broken, true))

sinkContract('sound sink of names', under(byName, false))
sinkContract(
  'sink of names that refuses older batches',
  under((sound, place) => ({ ...byName(sound, place), write: write(place) }), false),
)
