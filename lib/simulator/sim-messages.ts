import { type Fate, type RecordService, sendRecords, TAKEN } from '../adapters/aws/send/send-records.ts'
import type { OutputSink } from '../output/sink.ts'
import type { Ports } from './ports.ts'
import type { SimProcess } from './sim-process.ts'
import type { MayWrite, SinkRow } from './sink-rows.ts'
import type { Report } from './stores.ts'

interface Message {
  readonly id: string
  readonly text: string
}

/** So few that a partition takes several requests. */
const REQUEST_MESSAGES = 4

/** A queue that takes some messages of a request and is too busy for others, by the rules of sinks that send ids. */
export class SimMessages {
  readonly #ports: Ports
  readonly #report: Report
  /** Messages as a reader has them who remembers ids, by sink. */
  readonly #taken = new Map<string, Map<string, SinkRow>>()
  #asked = 0

  constructor(ports: Ports, report: Report) {
    this.#ports = ports
    this.#report = report
  }

  queue(name: string, process: SimProcess, mayWrite: MayWrite): OutputSink<unknown> {
    return {
      name: 'queue',
      guarantee: 'at-least-once',
      write: (records, delivery) => {
        const { batch, partition } = delivery
        const about = `${name} ${batch}/${partition}`
        const service: RecordService<unknown, Message> = {
          shown: name,
          limits: { count: REQUEST_MESSAGES, bytes: 2 ** 20 },
          blames: new Set(),
          outgoing: (record, id) => {
            const text = JSON.stringify(record)
            return { message: { id, text }, bytes: text.length, lane: null }
          },
          send: (messages) =>
            this.#ports.call(process, { port: 'sink', operation: 'send', about, changes: true }, async () => {
              mayWrite(batch)
              return messages.map((message) => this.#take(name, message, batch))
            }),
        }
        return sendRecords(records, delivery, service, {})
      },
    }
  }

  /** What a reader who remembers ids has of a batch; `null`: there is no such queue. */
  rowsOf(name: string, batch: number): unknown[] | null {
    const taken = this.#taken.get(name)
    return taken ? [...taken.values()].filter(([of]) => of === batch).map(([, record]) => record) : null
  }

  #take(name: string, { id, text }: Message, batch: number): Fate {
    if (++this.#asked % 7 === 0) {
      this.#ports.count('message not taken')
      return { kind: 'again', why: 'busy' }
    }
    const taken = this.#taken.get(name) ?? new Map<string, SinkRow>()
    this.#taken.set(name, taken)
    const known = taken.get(id)
    if (known) {
      this.#ports.count('message repeated')
      if (known[0] !== batch || JSON.stringify(known[1]) !== text)
        this.#report('identical repeat', `${name}: ${id} came with other content`)
    } else taken.set(id, [batch, JSON.parse(text)])
    return TAKEN
  }
}
