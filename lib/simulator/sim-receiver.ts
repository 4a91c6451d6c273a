import { receiverSource } from '../source/receiver/receiver-source.ts'
import { Receiver } from '../source/receiver/receiver.ts'
import type { Source } from '../source/source.ts'
import type { Ports } from './ports.ts'
import type { SimProcess } from './sim-process.ts'
import type { SimLog } from './sim-source.ts'
import type { Report, WatchedStores } from './stores.ts'

/** Most records that the service hands over at once. */
const AT_ONCE = 4
const IDLE_MS = 150

interface Message {
  readonly id: string
  readonly record: unknown
}

/**
 * A service outside that receivers are connected to; it outlives them. It sends what was not acknowledged again, or, to
 * receivers that are not reliable, everything once.
 */
export class SimService {
  readonly #messages: readonly (Message & { readonly time: number })[]
  readonly #acknowledged = new Set<string>()
  #sent = 0

  constructor(log: SimLog) {
    this.#messages = log.partitions
      .flatMap((records, p) => records.map(({ time, record }, i) => ({ id: `${p}-${i}`, time, record })))
      .toSorted((a, b) => a.time - b.time)
  }

  get acknowledged(): ReadonlySet<string> {
    return this.#acknowledged
  }
  get all(): readonly Message[] {
    return this.#messages
  }

  /** What is there and was not acknowledged, the oldest first. */
  unacknowledged(now: number): Message[] {
    return this.#messages.filter(({ id, time }) => time <= now && !this.#acknowledged.has(id)).slice(0, AT_ONCE)
  }
  /** What was not sent yet: it is now. */
  fresh(now: number): Message[] {
    const due = this.#messages.slice(this.#sent).filter(({ time }) => time <= now)
    this.#sent += due.length
    return due
  }
  acknowledge(messages: readonly Message[]): void {
    for (const { id } of messages) this.#acknowledged.add(id)
  }
}

/** A message as it is stored. */
type Stored = readonly [id: string, record: unknown]

interface Around {
  readonly service: SimService
  readonly ports: Ports
  readonly stores: WatchedStores
  readonly report: Report
}

/** What a receiver of one process receives from the service. */
export const received = (around: Around, process: SimProcess, isReliable: boolean): Source<unknown> =>
  receiverSource<Stored>(new (isReliable ? ReliableReceiver : PlainReceiver)(around, process), {
    name: 'Simulated service',
  })

abstract class SimReceiver extends Receiver<Stored> {
  protected readonly around: Around
  readonly #process: SimProcess
  #connection = 0

  constructor(around: Around, process: SimProcess) {
    super()
    this.around = around
    this.#process = process
  }

  async onStart(): Promise<void> {
    const own = ++this.#connection
    while (own === this.#connection) {
      try {
        await this.receive()
      } catch (error) {
        this.reportError('the service does not answer', error)
      }
      await this.#process.wait(IDLE_MS)
    }
  }

  onStop(): void {
    this.#connection++
  }

  protected abstract receive(): Promise<void>

  protected call<T>(operation: string, changes: boolean, does: () => T): Promise<T> {
    const call = { port: 'source', operation, about: 'service', changes } as const
    return this.around.ports.call(this.#process, call, async () => does())
  }
}

/** Acknowledges what is stored, and not before. */
class ReliableReceiver extends SimReceiver {
  protected async receive(): Promise<void> {
    const { service, ports, stores, report } = this.around
    const messages = await this.call('receive', false, () => service.unacknowledged(ports.world.now()))
    if (messages.length === 0) return
    await this.store(messages.map(({ id, record }): Stored => [id, record]))
    const lost = messages.find(({ id }) => !stores.hasReceived(id))
    if (lost) report('received', `${lost.id} counts as received, and is in no block`)
    await this.call('acknowledge', true, () => service.acknowledge(messages))
  }
}

/** Hands over one record at a time, and never looks back. */
class PlainReceiver extends SimReceiver {
  protected async receive(): Promise<void> {
    const { service, ports } = this.around
    for (const { id, record } of await this.call('receive', true, () => service.fresh(ports.world.now())))
      if (!this.storeOne([id, record])) await this.ready()
  }
}
