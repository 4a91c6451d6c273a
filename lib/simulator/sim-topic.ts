import { kafkaSinkOver } from '../adapters/kafka/kafka-sink.ts'
import type { OpenWriter, TransactionalWriter } from '../adapters/kafka/transactions.ts'
import type { OutputSink } from '../output/sink.ts'
import { type Ports, SIMULATED } from './ports.ts'
import type { SimProcess } from './sim-process.ts'
import type { MayWrite, SinkRow } from './sink-rows.ts'

/** What brokers keep of a transactional id. */
interface Coordinator {
  /** Rises with each process that takes the id over; those before are barred. */
  epoch: number
  mark: number | null
  open: Transaction
}

interface Transaction {
  readonly records: unknown[]
  mark: number | null
}

const nothing = (): Transaction => ({ records: [], mark: null })

/** Topics with transactions, as far as the sink for Kafka needs them, and written by its rules. */
export class SimTopics {
  readonly #ports: Ports
  readonly #coordinators = new Map<string, Coordinator>()
  /** What readers of committed data see, by sink. */
  readonly rows = new Map<string, SinkRow[]>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  topic(name: string, process: SimProcess, mayWrite: MayWrite): OutputSink<unknown> {
    const open: OpenWriter = async (id) => this.#writer(id, name, process, mayWrite)
    const message = (record: unknown): { readonly value: string } => ({ value: JSON.stringify(record) })
    return kafkaSinkOver({ topic: name, brokers: 'simulated:9092', message }, open)
  }

  #writer(id: string, name: string, process: SimProcess, mayWrite: MayWrite): TransactionalWriter {
    let mine = 0
    const of = (): Coordinator => {
      const known = this.#coordinators.get(id) ?? { epoch: 0, mark: null, open: nothing() }
      this.#coordinators.set(id, known)
      return known
    }
    /** Calls under an id that somebody else has taken over are refused. */
    const held = (): Coordinator => {
      const known = of()
      if (known.epoch !== mine) {
        this.#ports.count('topic barred')
        throw new Error(`${SIMULATED}${id} was taken over`)
      }
      return known
    }
    // Messages of one transaction are numbered: they come in order and once; only its ends can be under way.
    const say = <T>(operation: string, changes: boolean, does: () => T): Promise<T> =>
      this.#ports.call(process, { port: 'sink', operation, about: id, changes }, async () => does())
    return {
      async begin() {
        mine = await say('begin', true, () => {
          const known = of()
          known.open = nothing()
          return ++known.epoch
        })
      },
      marked: () => say('marked', false, () => held().mark),
      send: (messages) =>
        say('send', false, () => {
          for (const { value } of messages) held().open.records.push(JSON.parse(value!.toString()))
        }),
      mark: (n) =>
        say('mark', false, () => {
          held().open.mark = n
        }),
      commit: () =>
        say('commit', true, () => {
          const known = held()
          const { records, mark } = known.open
          if (mark === null) return
          mayWrite(mark)
          known.mark = mark
          known.open = nothing()
          const rows = records.map((record): SinkRow => [mark, record])
          this.rows.set(name, [...(this.rows.get(name) ?? []), ...rows])
        }),
      leave: () => say('leave', false, () => {}),
      close: async () => {},
    }
  }
}
