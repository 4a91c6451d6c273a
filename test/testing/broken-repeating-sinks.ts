import { randomUUID } from 'node:crypto'
import type { Delivery, OutputSink } from '../../lib/output/sink.ts'
import {
  type ArrivedRow,
  repeatingSinkContract,
  type RepeatingSinkUnderTest,
} from '../../lib/testing/contracts/repeating-sink.ts'
import type { Death, SinkRow } from '../../lib/testing/contracts/sink-rows.ts'
import { DyingCalls } from '../adapters/dying-calls.ts'
import { brokenClosings } from './broken-closings.ts'

// Sinks that send ids and break a promise each, and the suite that has to find it: sink-contract.test.ts runs this
// file.

/** Sends some records in one call, of which all arrive or none. */
type Send = (arriving: readonly ArrivedRow[]) => Promise<void>

type Sink = OutputSink<SinkRow, 'at-least-once'> & Required<Pick<OutputSink<SinkRow>, 'finish' | 'close'>>
type Break = (sound: Sink, send: Send) => Partial<Sink>
type IdOf = (delivery: Delivery, i: number, row: SinkRow) => string

const write =
  (send: Send, idOf: IdOf = ({ key }, i) => `${key}/${i}`): Sink['write'] =>
  async (records, delivery) => {
    const arriving = records.map((row, i) => ({ id: idOf(delivery, i, row), row }))
    for (let at = 0; at < arriving.length; at += 10) {
      delivery.signal?.throwIfAborted()
      await send(arriving.slice(at, at + 10))
    }
  }

const soundSink = (send: Send): Sink => ({
  name: 'rows',
  guarantee: 'at-least-once',
  write: write(send),
  finish: async () => {},
  close: async () => {},
})

const under = (broken: Break) => async (): Promise<RepeatingSinkUnderTest> => {
  const arrived: ArrivedRow[] = []
  const open = (calls: DyingCalls | null): Sink => {
    const send: Send = async (arriving) => {
      const call = async (): Promise<void> => void arrived.push(...arriving)
      await (calls ? calls.call(call, () => {}) : call())
    }
    const sound = soundSink(send)
    return { ...sound, ...broken(sound, send) }
  }
  return {
    open: () => open(null),
    dying: (n: number, death: Death) => open(new DyingCalls(n, death)),
    contents: async () => arrived,
  }
}

/** The id of a record is made of these parts alone. */
const idOf =
  (...parts: readonly ('inc' | 'sink' | 'batch' | 'partition')[]): IdOf =>
  (delivery, i) =>
    [...parts.map((part) => delivery[part]), i].join('/')

for (const [name, broken] of Object.entries<Break>({
  'sound sink': () => ({}),
  'sink that sends everything twice': ({ write: sound }) => ({
    write: async (records, delivery) => {
      for (let time = 0; time < 2; time++) await sound(records, delivery)
    },
  }),
  'sink that sends nothing as text': ({ write: sound }) => ({
    write: (records, delivery) => {
      const texts = records.map((row) => ({ ...row, text: row.text ?? 'null' }))
      return sound(texts, delivery)
    },
  }),
  'sink that draws its ids': (_, send) => ({ write: write(send, () => randomUUID()) }),
  'sink that counts its ids': (_, send) => {
    let sent = 0
    return { write: write(send, ({ key }) => `${key}/${sent++}`) }
  },
  'sink whose ids are what a record holds': (_, send) => ({
    write: write(send, ({ app, inc, sink }, _i, { id }) => [app, inc, sink, id].join('/')),
  }),
  'sink whose ids have no partition': (_, send) => ({ write: write(send, idOf('inc', 'sink', 'batch')) }),
  'sink whose ids have no batch': (_, send) => ({ write: write(send, idOf('inc', 'sink', 'partition')) }),
  'sink whose ids have no incarnation': (_, send) => ({
    write: write(send, idOf('sink', 'batch', 'partition')),
  }),
  'sink whose ids have no output': (_, send) => ({ write: write(send, idOf('inc', 'batch', 'partition')) }),
  'sink that sends when a batch ends': ({ write: sound }) => {
    const kept: Parameters<Sink['write']>[] = []
    return {
      write: async (records, delivery) => {
        if (delivery.partitions !== 2) return sound(records, delivery)
        kept.push([records, delivery])
      },
      finish: async () => {
        for (const each of kept.splice(0)) await sound(...each)
      },
    }
  },
  'sink that sends 1,000 records': ({ write: sound }) => ({
    write: (records, delivery) => sound(records.slice(0, 1000), delivery),
  }),
  'sink that sends what was given up': ({ write: sound }) => ({
    write: (records, { signal: _signal, ...delivery }) => sound(records, delivery),
  }),
  'sink that ends without a word when it is given up': ({ write: sound }) => ({
    write: async (records, delivery) => {
      if (!delivery.signal?.aborted) await sound(records, delivery)
    },
  }),
  'sink that takes records from what it is given': (_, send) => ({
    write: async (records, delivery) => {
      delivery.signal?.throwIfAborted()
      const left = records as SinkRow[]
      for (let at = 0; left.length > 0; at += 10)
        await send(left.splice(0, 10).map((row, i) => ({ id: `${delivery.key}/${at + i}`, row })))
    },
  }),
  ...brokenClosings,
  'sink that keeps silent about what failed': (_, send) => ({
    write: (records, delivery) => write((arriving) => send(arriving).catch(() => {}))(records, delivery),
  }),
  'sink that keeps silent about its last call': (_, send) => ({
    write: write((arriving) => (arriving.length === 5 ? send(arriving).catch(() => {}) : send(arriving))),
  }),
}))
  repeatingSinkContract(name, under(broken))

const begun = new Set<string>()
repeatingSinkContract(
  'sink that remembers what it has begun',
  under(({ write: sound }) => ({
    write: async (records, delivery) => {
      if (records.length === 25 && begun.has(delivery.key)) return
      begun.add(delivery.key)
      await sound(records, delivery)
    },
  })),
)
