import type { Time } from '../model/time.ts'
import type { Delivery, OutputSink } from '../output/sink.ts'
import { type Ports, SIMULATED } from './ports.ts'
import type { SimProcess } from './sim-process.ts'
import { SimFolders } from './sim-folder.ts'
import { SimItems } from './sim-items.ts'
import { SimMessages } from './sim-messages.ts'
import { SimDatabase } from './sim-table.ts'
import { SimTopics } from './sim-topic.ts'
import type { Report, WatchedStores } from './stores.ts'

interface SinkRules {
  /** Sinks that may be written while the plan of the next batch is open. */
  readonly beforeCommit?: readonly string[]
  /** From when until when a sink takes nothing, in virtual time. */
  readonly away?: Readonly<Record<string, readonly [from: number, to: number]>>
}

/** Of a delivery, what tells one call from another. */
type Call = Pick<Delivery, 'batch' | 'partition' | 'key'>

/** Systems outside that take output; they outlive every process and see every call. */
export class SimSinks {
  readonly #ports: Ports
  readonly #stores: WatchedStores
  readonly #report: Report
  readonly #rules: SinkRules
  readonly #database: SimDatabase
  readonly #topics: SimTopics
  readonly #items: SimItems
  readonly #messages: SimMessages
  readonly #folders: SimFolders
  /** What a fenced table holds: rows by sink and batch. */
  readonly tables = new Map<string, Map<number, unknown[]>>()
  /** Last batch by sink and partition. */
  readonly #fences = new Map<string, number>()
  /** What reached a sink without a memory: content by idempotency key. */
  readonly calls = new Map<
    string,
    {
      readonly sink: string
      readonly batch: number
      readonly partition: number
      readonly content: string
      rows: readonly unknown[]
      times: number
    }
  >()

  constructor(ports: Ports, stores: WatchedStores, report: Report, rules: SinkRules = {}) {
    this.#rules = rules
    this.#database = new SimDatabase(ports)
    this.#topics = new SimTopics(ports)
    this.#items = new SimItems(ports)
    this.#messages = new SimMessages(ports, report)
    this.#folders = new SimFolders(ports)
    this.#ports = ports
    this.#stores = stores
    this.#report = report
  }

  /** Remembers the last batch per partition and takes a batch once (rule R3 of the protocol). */
  fenced(name: string, process: SimProcess): OutputSink<unknown> {
    return {
      name: 'fenced',
      guarantee: 'exactly-once',
      write: (records, delivery) => this.#call(process, name, delivery, () => this.#apply(name, records, delivery)),
    }
  }

  /** Takes whatever comes, as an endpoint without a memory does. */
  plain(name: string, process: SimProcess): OutputSink<unknown> {
    return {
      name: 'plain',
      guarantee: 'at-least-once',
      write: (records, delivery) => this.#call(process, name, delivery, () => this.#record(name, records, delivery)),
    }
  }

  /** What a function does outside: it knows the time of its batch, and the world knows which batch that is. */
  effects(name: string, process: SimProcess): (rows: readonly unknown[], time: Time) => Promise<void> {
    return async (rows, time) => {
      const of = [...this.#stores.manifests.values()].find((manifest) => manifest.time === time.milliseconds)
      if (!of) return this.#report('shown before commit', `${name} shows time ${time}, of which no batch is committed`)
      const call: Call = { batch: of.batch, partition: 0, key: `${name}/${of.time}` }
      await this.#call(process, name, call, () => this.#record(name, rows, call))
    }
  }

  /** A table of a database with transactions, written by the rules of the sinks for SQL. */
  table(name: string, process: SimProcess): OutputSink<unknown> {
    return this.#database.table(name, process, (delivery) => this.#mayWrite(name, delivery))
  }

  /** A topic with transactions, written by the rules of the sink for Kafka. */
  topic(name: string, process: SimProcess): OutputSink<unknown> {
    return this.#topics.topic(name, process, (batch) => this.#mayWrite(name, { batch }))
  }

  /** Items that are added to, by the rules of the sink for DynamoDB. */
  items(name: string, process: SimProcess): OutputSink<unknown> {
    return this.#items.items(name, process, (batch) => this.#mayWrite(name, { batch }))
  }

  /** A queue of messages with ids, sent by the rules of the sinks for Kinesis, SQS, SNS and Lambda. */
  queue(name: string, process: SimProcess): OutputSink<unknown> {
    return this.#messages.queue(name, process, (batch) => this.#mayWrite(name, { batch }))
  }

  /** A folder in a store of objects, written by the rules of the sink for files. */
  folder(name: string, process: SimProcess): OutputSink<unknown> {
    return this.#folders.folder(name, process, (batch) => this.#mayWrite(name, { batch }))
  }

  /** What a sink holds of a batch. */
  rowsOf(name: string, batch: number): readonly unknown[] {
    const held = [this.#database, this.#topics, this.#items].flatMap(({ rows }) => rows.get(name) ?? [])
    if (held.length > 0) return held.filter(([of]) => of === batch).map(([, record]) => record)
    const sent = this.#messages.rowsOf(name, batch) ?? this.#folders.rowsOf(name, batch)
    if (sent) return sent
    const fenced = this.tables.get(name)?.get(batch)
    return (
      fenced ??
      [...this.calls.values()].filter((call) => call.sink === name && call.batch === batch).flatMap(({ rows }) => rows)
    )
  }

  #call(process: SimProcess, name: string, delivery: Call, effect: () => void): Promise<void> {
    return this.#ports.call(
      process,
      { port: 'sink', operation: 'write', about: `${name} ${delivery.batch}/${delivery.partition}`, changes: true },
      async () => {
        this.#mayWrite(name, delivery)
        effect()
      },
    )
  }

  #mayWrite(name: string, { batch }: Pick<Delivery, 'batch'>): void {
    const { committed, plan } = this.#stores.current!
    const [from, to] = this.#rules.away?.[name] ?? [0, 0]
    const now = this.#ports.world.now()
    if (now >= from && now < to) {
      this.#ports.count('sink away')
      throw new Error(`${SIMULATED}${name} takes nothing now`)
    }
    const isEarly = this.#rules.beforeCommit?.includes(name) === true && plan !== undefined && batch === committed + 1
    if (isEarly) this.#ports.count('shown before its commit')
    else if (batch > committed)
      this.#report('shown before commit', `${name} shows batch ${batch}, the head says ${committed}`)
    if (batch < committed) this.#ports.count('zombie output')
  }

  #apply(name: string, records: readonly unknown[], { batch, partition }: Delivery): void {
    const fence = `${name}/${partition}`
    const last = this.#fences.get(fence) ?? 0
    if (last >= batch) {
      this.#ports.count('fence refused')
      return
    }
    this.#fences.set(fence, batch)
    const table = this.tables.get(name) ?? new Map<number, unknown[]>()
    this.tables.set(name, table)
    table.set(batch, [...(table.get(batch) ?? []), ...(JSON.parse(JSON.stringify(records)) as unknown[])])
  }

  #record(name: string, records: readonly unknown[], { batch, partition, key }: Call): void {
    const content = JSON.stringify(records)
    const known = this.calls.get(key)
    if (!known) {
      const taken = [...this.calls.values()].find(
        (call) => call.sink === name && call.batch === batch && call.partition === partition,
      )
      if (taken) this.#report('stable key', `${name} got batch ${batch}, partition ${partition} under two keys`)
      this.calls.set(key, { sink: name, batch, partition, content, rows: JSON.parse(content) as unknown[], times: 1 })
      return
    }
    known.times++
    this.#ports.count('output repeated')
    if (known.content !== content || known.batch !== batch)
      this.#report('identical repeat', `${name}: ${key} came with other content`)
  }
}
