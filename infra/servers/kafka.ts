import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cache, fetchJars } from './jars.ts'
import { Child, findProgram, freePort, serverFolder } from './server-process.ts'

/** Apache Kafka without ZooKeeper, each broker a process, and one of a broker's controllers leads. */
interface RunningKafka {
  /** Addresses for clients, one a broker. */
  readonly brokers: readonly string[]
  /** SASL over plain TCP, SASL over TLS and TLS alone, of the first broker, where security was asked for. */
  readonly secured: {
    readonly sasl: string
    readonly saslTls: string
    readonly tls: string
    readonly ca: string
  } | null
  /** Where the first broker listens for clients that come by way of `behind`; `null` where there is no such way. */
  readonly wayIn: number | null
  /** Ends a broker in the middle of whatever it does. It stays away. */
  kill(broker: number): Promise<void>
  /** Starts a killed broker again, on what it had written; `without`: a topic whose records it has lost. */
  restart(broker: number, without?: string): Promise<void>
  /** What Kafka's own consumer sees of a topic if it reads what is committed: key and value of each record. */
  consumed(topic: string): Promise<[key: string, value: string][]>
  stop(): Promise<void>
}

interface KafkaUsers {
  /** For SCRAM-SHA-256 and SCRAM-SHA-512. */
  readonly scram: readonly { readonly name: string; readonly password: string }[]
  readonly plain: readonly { readonly name: string; readonly password: string }[]
}

const VERSION = '4.3.1'

/** Why there is no Kafka here, or `null`. Java 17 runs it; Maven fetches its jars, once. */
export function kafkaIsMissing(): string | null {
  if (!findProgram('java')) return 'Kafka needs Java (Debian: apt-get install openjdk-17-jre-headless)'
  if (existsSync(jars) || findProgram('mvn')) return null
  return 'The jars of Kafka are fetched by Maven, which is not installed here (Debian: apt-get install maven)'
}

const jars = join(cache, `kafka-${VERSION}`)
const tools = join(cache, `kafka-tools-${VERSION}`)

/** Without the binding of SLF4J the broker would never say that it has started. */
const BROKER = [
  ['org.apache.kafka', 'kafka_2.13', VERSION],
  ['org.apache.logging.log4j', 'log4j-slf4j-impl', '2.25.4'],
] as const
const TOOLS = [['org.apache.kafka', 'kafka-tools', VERSION]] as const

const LOGGING = `rootLogger.level=WARN
rootLogger.appenderRef.c.ref=c
appender.c.type=Console
appender.c.name=c
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=%d{HH:mm:ss.SSS} %p %c{1} %m%n
logger.started.name=kafka.server.KafkaRaftServer
logger.started.level=INFO
`

interface KafkaSetup {
  readonly brokers?: 1 | 3
  readonly users?: KafkaUsers
  /** A port at which something stands that passes on to `wayIn`: clients that come that way are kept on it. */
  readonly behind?: number
}

/** One broker, or three that keep every topic three times and go on when one of them ends. */
export async function startKafka({ brokers = 1, users, behind }: KafkaSetup = {}): Promise<RunningKafka> {
  fetchJars(jars, BROKER)
  const folder = serverFolder('kafka')
  writeFileSync(join(folder, 'log4j2.properties'), LOGGING)
  const java = (args: readonly string[]): string[] => [
    '-Xms64m',
    '-Xmx256m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Xshare:auto',
    `-Dlog4j2.configurationFile=${join(folder, 'log4j2.properties')}`,
    '-cp',
    join(jars, '*'),
    ...args,
  ]
  const tool = (args: readonly string[]): string =>
    execFileSync('java', java(['kafka.tools.StorageTool', ...args]), {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  const nodes: Node[] = []
  for (let id = 1; id <= brokers; id++)
    nodes.push({ id, client: await freePort(), controller: await freePort(), folder: join(folder, String(id)) })
  const security = users ? await secured(folder, users) : null
  const way: Way[] = behind === undefined ? [] : [{ port: await freePort(), behind }]
  const cluster = tool(['random-uuid']).trim()
  for (const node of nodes) {
    mkdirSync(node.folder)
    const settings = [...settingsOf(node, nodes, security?.listeners ?? [], way), ...(security?.settings ?? [])]
    writeFileSync(join(node.folder, 'server.properties'), settings.join('\n'))
    const format = ['format', '-t', cluster, '-c', join(node.folder, 'server.properties')]
    tool([...format, ...(security?.format ?? []), ...(nodes.length === 1 ? ['--standalone'] : [])])
  }
  const start = (node: Node): Child => new Child('java', java(['kafka.Kafka', join(node.folder, 'server.properties')]))
  const ready = (child: Child): Promise<void> =>
    child.ready(async () => {
      if (!child.said.includes('Kafka Server started')) throw new Error('not started')
    })
  const running = nodes.map(start)
  await Promise.all(running.map(ready))
  return {
    brokers: nodes.map(({ client }) => `127.0.0.1:${client}`),
    secured: security?.addresses ?? null,
    wayIn: way[0]?.port ?? null,
    kill: (broker) => running[broker].stop('SIGKILL', join(folder, 'nothing')),
    restart: async (broker, without) => {
      const data = join(nodes[broker].folder, 'data')
      for (const name of readdirSync(data)) if (without && name.startsWith(`${without}-`)) emptyLog(join(data, name))
      await ready((running[broker] = start(nodes[broker])))
    },
    consumed: async (topic) => consumed(nodes, topic),
    stop: async () => {
      for (const child of running) await child.stop('SIGKILL', join(folder, 'nothing'))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A partition as after a disk that forgot: it is still known whose it is. */
function emptyLog(folder: string): void {
  for (const name of readdirSync(folder)) if (name !== 'partition.metadata') rmSync(join(folder, name))
}

/** It ends when nothing more has come for some seconds. */
function consumed(nodes: readonly Node[], topic: string): [key: string, value: string][] {
  fetchJars(tools, TOOLS)
  const brokers = nodes.map(({ client }) => `127.0.0.1:${client}`).join(',')
  const options = ['--bootstrap-server', brokers, '--topic', topic, '--from-beginning', '--timeout-ms', '10000']
  const form = ['--isolation-level', 'read_committed', '--formatter-property', 'print.key=true']
  const java = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(tools, '*')]
  const text = execFileSync('java', [...java, 'org.apache.kafka.tools.consumer.ConsoleConsumer', ...options, ...form], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return text
    .split('\n')
    .slice(0, -1)
    .map((line): [string, string] => {
      const tab = line.indexOf('\t')
      return [line.slice(0, tab), line.slice(tab + 1)]
    })
}

interface Node {
  readonly id: number
  readonly client: number
  readonly controller: number
  readonly folder: string
}

interface Listener {
  readonly protocol: 'SASL_PLAINTEXT' | 'SASL_SSL' | 'SSL'
  readonly port: number
}

/** A listener whose clients are told that it is at another port. */
interface Way {
  readonly port: number
  readonly behind: number
}

/**
 * Short sessions, so that a broker that was killed is missed after 3 s and taken back as soon; a cleaner that compacts
 * within a second.
 */
function settingsOf(
  node: Node,
  nodes: readonly Node[],
  listeners: readonly Listener[],
  ways: readonly Way[],
): string[] {
  const copies = Math.min(3, nodes.length)
  const most = copies === 3 ? 2 : 1
  const addresses = [
    `PLAINTEXT://127.0.0.1:${node.client}`,
    ...listeners.map(({ protocol, port }) => `${protocol}://127.0.0.1:${port}`),
  ]
  const protocols = [
    ...['PLAINTEXT', 'CONTROLLER', 'WAY'].map((name) => `${name}:PLAINTEXT`),
    ...listeners.map(({ protocol: p }) => `${p}:${p}`),
  ]
  const opened = [...addresses, ...ways.map(({ port }) => `WAY://127.0.0.1:${port}`)]
  const told = [...addresses, ...ways.map((way) => `WAY://127.0.0.1:${way.behind}`)]
  return [
    'process.roles=broker,controller',
    `node.id=${node.id}`,
    nodes.length === 1
      ? `controller.quorum.bootstrap.servers=127.0.0.1:${node.controller}`
      : `controller.quorum.voters=${nodes.map(({ id, controller }) => `${id}@127.0.0.1:${controller}`).join(',')}`,
    `listeners=${[...opened, `CONTROLLER://127.0.0.1:${node.controller}`].join(',')}`,
    `advertised.listeners=${told.join(',')}`,
    'controller.listener.names=CONTROLLER',
    'inter.broker.listener.name=PLAINTEXT',
    `listener.security.protocol.map=${protocols.join(',')}`,
    `log.dirs=${join(node.folder, 'data')}`,
    'num.network.threads=2',
    'num.io.threads=2',
    `default.replication.factor=${copies}`,
    `min.insync.replicas=${most}`,
    `offsets.topic.replication.factor=${copies}`,
    'offsets.topic.num.partitions=2',
    `transaction.state.log.replication.factor=${copies}`,
    `transaction.state.log.min.isr=${most}`,
    'transaction.state.log.num.partitions=2',
    'share.coordinator.state.topic.replication.factor=1',
    'share.coordinator.state.topic.min.isr=1',
    'group.initial.rebalance.delay.ms=0',
    'auto.create.topics.enable=false',
    'replica.lag.time.max.ms=3000',
    'log.cleaner.dedupe.buffer.size=16777216',
    'log.cleaner.backoff.ms=200',
    'broker.session.timeout.ms=3000',
    'broker.heartbeat.interval.ms=500',
    'controller.quorum.election.timeout.ms=500',
    'controller.quorum.fetch.timeout.ms=1000',
  ]
}

interface Security {
  readonly listeners: readonly Listener[]
  readonly settings: readonly string[]
  readonly format: readonly string[]
  readonly addresses: NonNullable<RunningKafka['secured']>
}

/** A certificate authority of its own for each run, and the users of three more listeners. */
async function secured(folder: string, { scram, plain }: KafkaUsers): Promise<Security> {
  const openssl = (...args: string[]): unknown => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const rsa = ['-newkey', 'rsa:2048', '-nodes']
  openssl('req', '-x509', ...rsa, '-days', '10', '-subj', '/CN=test-ca', '-keyout', 'ca.key', '-out', 'ca.pem')
  openssl('req', ...rsa, '-subj', '/CN=localhost', '-keyout', 'srv.key', '-out', 'srv.csr')
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '10', '-extfile', 'names']
  openssl('x509', '-req', '-in', 'srv.csr', ...signed, '-out', 'srv.pem')
  execFileSync('sh', ['-c', 'cat srv.key srv.pem > keystore.pem'], { cwd: folder })
  const module = (name: string, options = ''): string => `org.apache.kafka.common.security.${name} required${options};`
  const plainUsers = plain.map(({ name, password }) => ` user_${name}="${password}"`).join('')
  const listeners: Listener[] = []
  for (const protocol of ['SASL_PLAINTEXT', 'SASL_SSL', 'SSL'] as const)
    listeners.push({ protocol, port: await freePort() })
  const [sasl, saslTls, tls] = listeners.map(({ port }) => `127.0.0.1:${port}`)
  return {
    listeners,
    settings: [
      'sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      ...['sasl_plaintext', 'sasl_ssl'].flatMap((listener) => [
        `listener.name.${listener}.scram-sha-256.sasl.jaas.config=${module('scram.ScramLoginModule')}`,
        `listener.name.${listener}.scram-sha-512.sasl.jaas.config=${module('scram.ScramLoginModule')}`,
        `listener.name.${listener}.plain.sasl.jaas.config=${module('plain.PlainLoginModule', plainUsers)}`,
      ]),
      'ssl.keystore.type=PEM',
      `ssl.keystore.location=${join(folder, 'keystore.pem')}`,
      'ssl.truststore.type=PEM',
      `ssl.truststore.location=${join(folder, 'ca.pem')}`,
    ],
    format: scram.flatMap(({ name, password }) =>
      ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((kind) => [
        '--add-scram',
        `${kind}=[name=${name},password=${password}]`,
      ]),
    ),
    addresses: { sasl, saslTls, tls, ca: join(folder, 'ca.pem') },
  }
}
