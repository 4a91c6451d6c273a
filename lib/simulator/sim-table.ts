import type { Dialect } from '../adapters/sql/dialect.ts'
import { type Answer, writePartition } from '../adapters/sql/partition.ts'
import type { Statement, Writer } from '../adapters/sql/statements.ts'
import type { Delivery, OutputSink } from '../output/sink.ts'
import { type Ports, SIMULATED } from './ports.ts'
import type { SimProcess } from './sim-process.ts'

type Row = readonly [batch: number, record: unknown]

/**
 * A database outside with transactions, as far as the sinks for SQL need one: whoever reads a fence row that changes
 * before he commits is refused, as at the isolation level "serializable".
 */
export class SimDatabase {
  readonly #ports: Ports
  readonly #fences = new Map<string, number>()
  /** What the tables hold, by sink. */
  readonly rows = new Map<string, Row[]>()

  constructor(ports: Ports) {
    this.#ports = ports
  }

  /** Writes by the rules of the sinks for SQL, statement by statement. */
  table(name: string, process: SimProcess, mayWrite: (delivery: Delivery) => void): OutputSink<unknown> {
    return {
      name: 'table',
      guarantee: 'exactly-once',
      write: async (records, delivery) => {
        const transaction = new Transaction(this.#fences, this.rows, name)
        const entries = records.map((record) => ({ record, statements: [], row: [JSON.stringify(record)] }))
        const talk = writePartition({ ...RULES, delivery, entries, fence: 'fences', place: name })
        const about = `${name} ${delivery.batch}/${delivery.partition}`
        // Statements of one connection come in order and once; only the end of it can be sent and be under way.
        const say = <T>(operation: 'statement' | 'commit', does: () => T): Promise<T> =>
          this.#ports.call(process, { port: 'sink', operation, about, changes: operation === 'commit' }, async () =>
            does(),
          )
        let step = talk.next()
        while (!step.done) {
          const statement = step.value
          step = talk.next(await say('statement', () => transaction.run(statement, delivery)))
        }
        await say('commit', () => {
          mayWrite(delivery)
          if (transaction.commit() === 'nothing') this.#ports.count('table refused')
        })
      },
    }
  }
}

class Transaction {
  readonly #fences: Map<string, number>
  readonly #rows: Map<string, Row[]>
  readonly #name: string
  #own: string | null = null
  #seen: number | null = null
  #next: number | null = null
  readonly #pending: Row[] = []
  #isOver = false

  constructor(fences: Map<string, number>, rows: Map<string, Row[]>, name: string) {
    this.#fences = fences
    this.#rows = rows
    this.#name = name
  }

  run({ sql, values }: Statement, { batch }: Delivery): Answer {
    if (sql.startsWith('select')) {
      this.#own = JSON.stringify(values)
      this.#seen = this.#fences.get(this.#own) ?? null
      return { rows: this.#seen === null ? [] : [{ batch: this.#seen }], changed: 0 }
    }
    if (sql.startsWith('update')) this.#next = Number(values[0])
    else if (sql.startsWith('fence')) this.#next = Number(values.at(-1))
    else this.#pending.push(...values.map((value): Row => [batch, JSON.parse(value as string)]))
    return { rows: [], changed: 1 }
  }

  commit(): 'done' | 'nothing' {
    if (this.#isOver) return 'nothing'
    this.#isOver = true
    if (this.#own !== null && (this.#fences.get(this.#own) ?? null) !== this.#seen)
      throw new Error(`${SIMULATED}${this.#name} was changed by somebody else at the same time`)
    if (this.#next !== null) this.#fences.set(this.#own!, this.#next)
    this.#rows.set(this.#name, [...(this.#rows.get(this.#name) ?? []), ...this.#pending])
    return this.#next === null && this.#pending.length === 0 ? 'nothing' : 'done'
  }
}

const dialect: Dialect = {
  name: 'simulated',
  parametersMax: 1000,
  repeatsKeys: true,
  quote: (name) => name,
  placeholder: () => '?',
  bind: (value) => value as never,
  alias: '',
  upsert: () => '',
  lock: '',
  types: { text: 'text', key: 'text', integer: 'integer', real: 'real', boolean: 'boolean', bytes: 'bytes' },
  createFence: () => '',
  insertFence: () => 'fence',
}

const writer: Writer<unknown> = {
  entry: (record) => ({ record, statements: [], row: [JSON.stringify(record)] }),
  chunks: function* (entries) {
    for (let at = 0; at < entries.length; at += CHUNK) yield entries.slice(at, at + CHUNK)
  },
  statements: (chunk) => [{ sql: 'insert', values: chunk.flatMap(({ row }) => row) }],
}

/** Rows of one statement; few, so that a partition takes several. */
const CHUNK = 3
const RULES = { dialect, writer, skips: null } as const
