import type { Connection, ConnectionPool } from '@platformatic/kafka'
import {
  type Address,
  bootstrapAddresses,
  checkAdvertised,
  clientOptions,
  type KafkaConnection,
  RETRY_MS,
} from './connection-options.ts'
import { type KafkaPackage, loadKafka } from './load-package.ts'
import { NotYet, type Patience, passingCodes, repeatedly } from './service-errors.ts'

/** A request of the protocol, as the client makes it. */
interface Api<A extends unknown[], R> {
  readonly async: (connection: Connection, ...args: A) => Promise<R>
}

export interface Topic {
  readonly name: string
  /** Another topic of the same name has another id. */
  readonly id: string
  /** By partition; `leader` is the number of a broker, -1 where there is none at the moment. */
  readonly partitions: readonly { readonly leader: number; readonly epoch: number }[]
}

/** One partition of one topic (Spark: `TopicPartition`). */
export type TopicPartition = {
  /** Name of the topic. */
  readonly topic: string
  /** Number of the partition, from 0. */
  readonly partition: number
}

/**
 * The connections of one program to one cluster, and who leads what. The client's own consumer keeps to the leader it
 * began with; here every attempt looks the leader up again after an error.
 */
export class KafkaCluster {
  readonly options: KafkaConnection
  readonly #bootstrap: readonly Address[]
  readonly #brokers = new Map<number, Address>()
  readonly #topics = new Map<string, Topic>()
  #opened: Promise<{ readonly kafka: KafkaPackage; readonly pool: ConnectionPool }> | null = null
  readonly #underWay = new WeakMap<Connection, number>()

  constructor(options: KafkaConnection) {
    this.options = options
    this.#bootstrap = bootstrapAddresses(options)
  }

  get place(): string {
    return this.#bootstrap.map(({ host, port }) => `${host}:${port}`).join(',')
  }

  patience(what: string, signal?: AbortSignal): Patience {
    return { retryMs: this.options.retryMs ?? RETRY_MS, what, ...(signal ? { signal } : {}) }
  }

  async kafka(): Promise<KafkaPackage> {
    return (await this.#open()).kafka
  }

  #open(): Promise<{ readonly kafka: KafkaPackage; readonly pool: ConnectionPool }> {
    return (this.#opened ??= loadKafka().then((kafka) => ({
      kafka,
      pool: new kafka.ConnectionPool(this.options.clientId ?? 'sluice', {
        connectTimeout: 5_000,
        requestTimeout: 15_000,
        ...clientOptions(this.options, this.#bootstrap),
      }),
    })))
  }

  async close(): Promise<void> {
    const opened = await this.#opened?.catch(() => null)
    this.#opened = null
    await opened?.pool.close()
  }

  /** One call to one broker. A connection without a call does not keep the process alive. */
  async call<A extends unknown[], R>(address: Address, api: Api<A, R>, ...args: A): Promise<R> {
    const { pool } = await this.#open()
    const connection = await pool.get(address)
    this.#underWay.set(connection, (this.#underWay.get(connection) ?? 0) + 1)
    connection.socket.ref()
    try {
      return await api.async(connection, ...args)
    } finally {
      const left = this.#underWay.get(connection)! - 1
      this.#underWay.set(connection, left)
      if (left === 0) connection.socket.unref()
    }
  }

  /** One call to whichever broker answers. */
  async #callAny<A extends unknown[], R>(api: Api<A, R>, ...args: A): Promise<R> {
    let last: unknown
    for (const address of [...this.#bootstrap, ...this.#brokers.values()]) {
      try {
        return await this.call(address, api, ...args)
      } catch (error) {
        last = error
        // The client throws whole answers where a part of them is an error.
        const { code, response } = error as { code?: unknown; response?: R }
        if (code === 'PLT_KFK_RESPONSE' && response) return response
      }
    }
    throw last
  }

  /** What the brokers know of some topics, or of all. Those that do not exist are left out. */
  async topics(names: readonly string[] | null): Promise<Topic[]> {
    const { metadataV12 } = await this.kafka()
    const answer = await this.#callAny(metadataV12.api, names === null ? null : [...names], false, false)
    for (const { nodeId, host, port } of answer.brokers) {
      checkAdvertised({ host, port }, this.#bootstrap, this.options)
      this.#brokers.set(nodeId, { host, port })
    }
    const found: Topic[] = []
    for (const { errorCode, name, topicId, isInternal, partitions } of answer.topics) {
      if (errorCode === UNKNOWN_TOPIC || !name || (isInternal && names === null)) continue
      if (passingCodes.has(errorCode)) throw new NotYet(`topic ${name} is not ready`)
      if (errorCode !== 0) throw await this.#protocolError(errorCode)
      const byNumber = [...partitions].sort((a, b) => a.partitionIndex - b.partitionIndex)
      const topic = {
        name,
        id: topicId,
        partitions: byNumber.map(({ leaderId, leaderEpoch }) => ({ leader: leaderId, epoch: leaderEpoch })),
      }
      this.#topics.set(name, topic)
      found.push(topic)
    }
    return found
  }

  async #protocolError(code: number): Promise<Error> {
    const { ProtocolError } = await this.kafka()
    return new ProtocolError(code)
  }

  /** The id of a topic and the address of a partition's leader; `fresh` asks the brokers anew. */
  async leader({ topic, partition }: TopicPartition, fresh: boolean): Promise<{ id: string; address: Address }> {
    let known = fresh ? undefined : this.#topics.get(topic)
    known ??= (await this.topics([topic])).find(({ name }) => name === topic)
    const address = this.#brokers.get(known?.partitions[partition]?.leader ?? -1)
    if (!known || !address) throw new NotYet(`partition ${partition} of ${topic} has no leader`)
    return { id: known.id, address }
  }

  /** Calls the leader of each partition, once per broker, and puts the answers together. */
  async onLeaders<P extends TopicPartition, R>(
    partitions: readonly P[],
    fresh: boolean,
    call: (address: Address, own: readonly P[]) => Promise<readonly R[]>,
  ): Promise<R[]> {
    if (fresh && partitions.length > 0) await this.topics([...new Set(partitions.map(({ topic }) => topic))])
    const byBroker = new Map<Address, P[]>()
    for (const each of partitions) {
      const { address } = await this.leader(each, false)
      byBroker.set(address, [...(byBroker.get(address) ?? []), each])
    }
    return (await Promise.all([...byBroker].map(([address, own]) => call(address, own)))).flat()
  }

  /** The broker that keeps the offsets of a group. */
  async coordinator(group: string): Promise<Address & { readonly id: number }> {
    const { findCoordinatorV4 } = await this.kafka()
    const { coordinators } = await this.#callAny(findCoordinatorV4.api, 0, [group])
    const found = coordinators[0]
    if (!found || found.errorCode !== 0) {
      if (!found || passingCodes.has(found.errorCode)) throw new NotYet(`group ${group} has no coordinator`)
      throw await this.#protocolError(found.errorCode)
    }
    const address = { host: found.host, port: found.port, id: found.nodeId }
    checkAdvertised(address, this.#bootstrap, this.options)
    return address
  }
}

const UNKNOWN_TOPIC = 3

/** `E_KAFKA_…` around what `attempt` does, with the leaders looked up anew after the first try. */
export const onCluster = <R>(
  cluster: KafkaCluster,
  what: string,
  attempt: (fresh: boolean) => Promise<R>,
  signal?: AbortSignal,
): Promise<R> => {
  let fresh = false
  return repeatedly(cluster.patience(what, signal), () => {
    const again = fresh
    fresh = true
    return attempt(again)
  })
}
