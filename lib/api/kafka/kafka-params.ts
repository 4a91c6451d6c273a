import { editDistance } from '../../model/nearest.ts'
import { badOption, type KafkaConnection, type KafkaSasl } from '../../adapters/kafka/connection-options.ts'
import type { KafkaOptions } from '../../adapters/kafka/kafka-source.ts'
import { ByteArrayDeserializer, type Deserializer, StringDeserializer } from '../../adapters/kafka/record.ts'

/**
 * Kafka's own settings by their names, as in Spark's programs. Deserialisers are functions, or the names of Kafka's
 * classes for text and bytes. Settings that only tune a consumer are accepted and have no effect.
 */
export interface KafkaParams<K = Uint8Array, V = Uint8Array> {
  readonly 'bootstrap.servers'?: string
  /** The name that programs for Kafka 0.8 have. */
  readonly 'metadata.broker.list'?: string
  readonly 'key.deserializer'?: Deserializer<K> | string
  readonly 'value.deserializer'?: Deserializer<V> | string
  readonly 'group.id'?: string
  readonly 'auto.offset.reset'?: 'earliest' | 'smallest' | 'latest' | 'largest' | 'none'
  readonly 'enable.auto.commit'?: boolean | string
  readonly 'isolation.level'?: 'read_committed' | 'read_uncommitted'
  /** Any other setting of Kafka. */
  readonly [setting: string]: unknown
}

/** What a setting of Kafka comes to here. Throws `E_KAFKA_OPTION`. */
export function optionsOf<K, V>(params: KafkaParams<K, V>): Omit<KafkaOptions<K, V>, 'topics'> {
  checkNames(Object.keys(params))
  const text = (name: string): string | undefined => textOf(params[name])
  const groupId = text('group.id')
  const fetchBytes = text('fetch.max.bytes') ?? text('fetch.message.max.bytes') ?? text('max.partition.fetch.bytes')
  const sasl = saslOf(text)
  const tls = tlsOf(text)
  const key = deserializer<K>(params['key.deserializer'])
  const value = deserializer<V>(params['value.deserializer'])
  return {
    brokers: brokersOf(text),
    ...(text('client.id') ? { clientId: text('client.id')! } : {}),
    ...(groupId ? { groupId } : {}),
    startingOffsets: resetOf(text('auto.offset.reset') ?? 'latest'),
    isolation: isolationOf(text('isolation.level') ?? 'read_uncommitted'),
    // Offsets that are committed on a timer say nothing; after the outputs they do.
    ...(groupId && text('enable.auto.commit') === 'true' ? { commitOffsets: true } : {}),
    ...(fetchBytes ? { fetchBytes: Number(fetchBytes) } : {}),
    ...(sasl ? { sasl } : {}),
    ...(tls ? { tls } : {}),
    ...(key ? { key } : {}),
    ...(value ? { value } : {}),
  }
}

/** What has an effect here. */
const NAMES = [
  'bootstrap.servers',
  'metadata.broker.list',
  'zookeeper.connect',
  'client.id',
  'group.id',
  'key.deserializer',
  'value.deserializer',
  'auto.offset.reset',
  'enable.auto.commit',
  'isolation.level',
  'fetch.max.bytes',
  'fetch.message.max.bytes',
  'max.partition.fetch.bytes',
  'security.protocol',
  'sasl.mechanism',
  'sasl.username',
  'sasl.password',
  'sasl.jaas.config',
  'ssl.ca.location',
  'ssl.truststore.location',
]
/** Kafka's own, and no misspelling of one of these. */
const NEAR_BY = ['fetch.min.bytes']
const LETTERS_MAX = 2

/** Kafka has many more names, and deserialisers have their own; what is nearly one of these was meant for it. */
function checkNames(given: readonly string[]): void {
  for (const name of given) {
    if (NAMES.includes(name) || NEAR_BY.includes(name)) continue
    const meant = NAMES.find((each) => editDistance(each, name.toLowerCase()) <= LETTERS_MAX)
    if (meant !== undefined)
      throw badOption(`There is no setting ${name} of Kafka.`, `write ${meant}, if that is meant`)
  }
}

type Text = (name: string) => string | undefined

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined

function brokersOf(text: Text): string {
  const brokers = text('bootstrap.servers') ?? text('metadata.broker.list')
  if (brokers) return brokers
  const zookeeper = text('zookeeper.connect')
  if (zookeeper) return brokersForZookeeper(zookeeper)
  throw badOption('There is no bootstrap.servers.', "'bootstrap.servers': 'localhost:9092'")
}

/** Kafka keeps nothing in ZooKeeper any more: an address of brokers has to stand in its place. */
export function brokersForZookeeper(address: string): string {
  if (/:\d+/.test(address) && !/:2181\b/.test(address)) return address
  throw badOption(
    `${JSON.stringify(address)} looks like the address of a ZooKeeper, which Kafka no longer has.`,
    "put the brokers in its place: 'localhost:9092'",
  )
}

const resets: Readonly<Record<string, 'earliest' | 'latest' | 'none'>> = {
  earliest: 'earliest',
  smallest: 'earliest',
  latest: 'latest',
  largest: 'latest',
  none: 'none',
}

function resetOf(reset: string): 'earliest' | 'latest' | 'none' {
  const known = resets[reset]
  if (known) return known
  throw badOption(`auto.offset.reset is ${JSON.stringify(reset)}.`, 'use earliest, latest or none')
}

function isolationOf(level: string): 'read_committed' | 'read_uncommitted' {
  if (level === 'read_committed' || level === 'read_uncommitted') return level
  throw badOption(`isolation.level is ${JSON.stringify(level)}.`, 'use read_committed or read_uncommitted')
}

const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']

/** One that is misspelt would send a password in the clear. */
function protocolOf(text: Text): string {
  const given = text('security.protocol') ?? 'PLAINTEXT'
  const protocol = given.toUpperCase()
  if (PROTOCOLS.includes(protocol)) return protocol
  throw badOption(`security.protocol is ${JSON.stringify(given)}.`, `use ${PROTOCOLS.join(', ')}`)
}

function saslOf(text: Text): KafkaSasl | undefined {
  const protocol = protocolOf(text)
  const mechanism = text('sasl.mechanism') ?? (protocol.startsWith('SASL') ? 'PLAIN' : undefined)
  if (mechanism === undefined) return undefined
  if (mechanism === 'AWS_MSK_IAM') return { mechanism, region: text('region') ?? process.env.AWS_REGION ?? '' }
  if (mechanism !== 'PLAIN' && mechanism !== 'SCRAM-SHA-256' && mechanism !== 'SCRAM-SHA-512')
    throw badOption(
      `sasl.mechanism ${JSON.stringify(mechanism)} is not known.`,
      'use PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or AWS_MSK_IAM',
    )
  const jaas = text('sasl.jaas.config') ?? ''
  const quoted = (name: string): string | undefined => new RegExp(`\\b${name}\\s*=\\s*(["'])(.*?)\\1`).exec(jaas)?.[2]
  const username = text('sasl.username') ?? quoted('username')
  const password = text('sasl.password') ?? quoted('password')
  if (username === undefined || password === undefined)
    throw badOption(`sasl.mechanism ${mechanism} needs a user and a password.`, 'sasl.jaas.config, or sasl.username')
  return { mechanism, username, password }
}

function tlsOf(text: Text): KafkaConnection['tls'] | undefined {
  const file = text('ssl.ca.location') ?? text('ssl.truststore.location')
  if (!protocolOf(text).endsWith('SSL')) return undefined
  return file === undefined ? true : { caFile: file }
}

function deserializer<T>(given: Deserializer<T> | string | undefined): Deserializer<T> | undefined {
  if (typeof given !== 'string') return given
  if (/(^|\.)StringDeserializer$/.test(given)) return StringDeserializer as Deserializer<unknown> as Deserializer<T>
  if (/(^|\.)Byte(Array|Buffer|s)Deserializer$/.test(given))
    return ByteArrayDeserializer as Deserializer<unknown> as Deserializer<T>
  throw badOption(`The deserialiser ${JSON.stringify(given)} is not known.`, 'give a function of the bytes')
}
