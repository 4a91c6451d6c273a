import { readFileSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { SluiceError } from '../../model/errors.ts'
import {
  anything,
  checkOptions,
  duration,
  list,
  type Needed,
  oneOf,
  type Rule,
  type Rules,
  type RulesOf,
  text,
} from '../../model/options.ts'
import { mskToken } from './msk-token.ts'

/** Who this program is to the brokers. `AWS_MSK_IAM` signs with the credentials of the environment. */
export type KafkaSasl =
  | {
      readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
      readonly username: string
      readonly password: string | (() => string | Promise<string>)
    }
  | { readonly mechanism: 'AWS_MSK_IAM'; readonly region: string; readonly credentials?: () => Promise<AwsCredentials> }

/** Whose access to Amazon MSK a token shows. */
export interface AwsCredentials {
  /** Its id. */
  readonly accessKeyId: string
  /** What signs; it is never sent. */
  readonly secretAccessKey: string
  /** Of temporary credentials. */
  readonly sessionToken?: string
}

/** How to reach a cluster. */
export interface KafkaConnection {
  /** `host:port` of some brokers of the cluster, in an array or with commas between. */
  readonly brokers: string | readonly string[]
  /** Shown in the brokers' logs and quotas (default `sluice`). */
  readonly clientId?: string
  /** Who this program is; without it, nobody. */
  readonly sasl?: KafkaSasl
  /** `true`, or how: `ca`, `cert` and `key` as text. `caFile` reads the authorities from a file. */
  readonly tls?: boolean | (TlsOptions & { readonly caFile?: string })
  /** How long a call is repeated while brokers are away or change leaders, in ms (default 30 000). */
  readonly retryMs?: number
  /**
   * Brokers tell clients where to connect. Loopback and link-local addresses among these are refused, unless they are
   * named here or an entry of `brokers` is such an address itself.
   */
  readonly allowAddresses?: readonly string[]
}

const BROKERS: Rule = {
  words: "'host:9092', or a list of these",
  holds: (value) => typeof value === 'string' || Array.isArray(value),
}
const CONNECTION: RulesOf<KafkaConnection> = {
  brokers: BROKERS,
  clientId: text,
  sasl: anything,
  tls: anything,
  retryMs: duration,
  allowAddresses: list,
}
const SASL: Rules = {
  mechanism: oneOf('PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'AWS_MSK_IAM'),
  username: anything,
  password: anything,
  region: anything,
  credentials: anything,
}

/** Throws `E_ARGUMENT` for what cannot be said of a connection, or of what uses it. What `tls` may hold is Node's. */
export function checkConnection(what: string, options: KafkaConnection, rules: Rules, needed?: Needed): void {
  checkOptions(what, options, { ...CONNECTION, ...rules }, needed)
  const { sasl } = options
  if (sasl) checkOptions(`sasl of ${what}`, sasl, SASL, { must: ['mechanism'], example: "mechanism: 'SCRAM-SHA-512'" })
}

export interface Address {
  readonly host: string
  readonly port: number
}

export const RETRY_MS = 30_000

/** Throws `E_KAFKA_OPTION`. */
export function bootstrapAddresses({ brokers }: KafkaConnection): Address[] {
  const listed = (typeof brokers === 'string' ? brokers.split(',') : brokers).map((each) => each.trim())
  const given = listed.filter((each) => each !== '')
  if (given.length === 0) throw badOption('No brokers are given.', "brokers: 'localhost:9092'")
  return given.map((each) => {
    const [, host, port] = /^(?:[A-Z_]+:\/\/)?(\[[^\]]+\]|[^:[\]/\s]+):(\d{1,5})$/.exec(each) ?? []
    if (host === undefined || Number(port) > 65_535)
      throw badOption(`${JSON.stringify(each)} is not the address of a broker.`, "write brokers as 'host:9092'")
    return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
  })
}

/** `host:9092, other:9092` */
export const shownAddresses = (options: KafkaConnection): string =>
  bootstrapAddresses(options)
    .map(({ host, port }) => `${host}:${port}`)
    .join(', ')

export const badOption = (message: string, next: string): SluiceError =>
  new SluiceError('E_KAFKA_OPTION', message, { did: 'nothing was started', next: [next] })

/** What the client takes. */
export function clientOptions(
  { sasl, tls }: KafkaConnection,
  bootstrap: readonly Address[],
): {
  readonly tls?: TlsOptions
  readonly tlsServerName?: boolean
  readonly sasl?: {
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER'
    readonly username?: string
    readonly password?: string | (() => string | Promise<string>)
    readonly token?: () => Promise<string>
  }
} {
  const secured = tls ?? sasl?.mechanism === 'AWS_MSK_IAM'
  // A server is asked for by its name, and an address is none.
  const named = bootstrap.every(({ host }) => isIP(host) === 0)
  return {
    ...(secured === false ? {} : { tls: tlsOptions(secured), tlsServerName: named }),
    ...(sasl === undefined
      ? {}
      : {
          sasl:
            sasl.mechanism === 'AWS_MSK_IAM'
              ? { mechanism: 'OAUTHBEARER', token: () => mskToken(sasl.region, sasl.credentials) }
              : sasl,
        }),
  }
}

function tlsOptions(tls: true | NonNullable<Exclude<KafkaConnection['tls'], boolean>>): TlsOptions {
  if (tls === true) return {}
  const { caFile, ...options } = tls
  return caFile === undefined ? options : { ...options, ca: readFileSync(caFile) }
}

const local = new BlockList()
for (const [network, bits] of [
  ['0.0.0.0', 8],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
] as const)
  local.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of [
  ['::', 127],
  ['fe80::', 10],
  ['fd00:ec2::', 32],
] as const)
  local.addSubnet(network, bits, 'ipv6')

/** Whether a host is this machine, link-local or a metadata service, as far as its name says. @testing Judged alone. */
export function isLocal(host: string): boolean {
  const family = isIP(host)
  if (family === 0) return /^localhost\.?$|\.localhost\.?$/i.test(host)
  return local.check(host, family === 4 ? 'ipv4' : 'ipv6')
}

/** Throws `E_KAFKA_ADDRESS` for what a broker must not send a client to. */
export function checkAdvertised(
  { host, port }: Address,
  bootstrap: readonly Address[],
  options: KafkaConnection,
): void {
  if (!isLocal(host) || bootstrap.some((each) => isLocal(each.host)) || options.allowAddresses?.includes(host)) return
  throw new SluiceError(
    'E_KAFKA_ADDRESS',
    `A broker says that it is at ${host}:${port}, which is this machine, link-local or a metadata service.`,
    {
      did: 'no connection to it was opened',
      next: ['correct advertised.listeners of the broker', `allowAddresses: ['${host}'] if it is meant`],
    },
  )
}
