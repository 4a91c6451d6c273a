import { lookup } from 'node:dns'
import type { IncomingMessage } from 'node:http'
import { isIP, type LookupFunction } from 'node:net'
import { jsonText } from '../../codec/json-text.ts'
import { SluiceError } from '../../model/errors.ts'
import {
  anything,
  bound,
  callable,
  checkOptions,
  list,
  oneOf,
  type RulesOf,
  text,
  timeout,
} from '../../model/options.ts'
import { checkSettled } from '../../model/settled.ts'
import { BUNDLED, type Delivery, type OutputSink } from '../../output/sink.ts'
import { AddressRule } from './address.ts'
import { type Attempt, tryRepeatedly } from '../../output/retry.ts'
import { driverError, secretsOf, shownAddress } from '../../output/secrets.ts'

/** What `webhook` takes. */
export interface WebhookOptions<T> {
  /** What the sink is called in messages. */
  readonly name?: string
  /**
   * What to send for one partition: text and bytes go as they are, anything else as JSON. The array of records by
   * default.
   */
  readonly body?: (records: readonly T[], delivery: Delivery) => unknown
  /** Added to every request. Never shown in errors. */
  readonly headers?: Readonly<Record<string, string>>
  /** The request's method; `POST` if it is left out. */
  readonly method?: 'POST' | 'PUT' | 'PATCH'
  /**
   * The hosts that may be called, as they stand in the URL, with the port if it is there. Needed when the URL is made
   * from data; else the URL's own.
   */
  readonly allowHosts?: readonly string[]
  /**
   * Addresses or networks that may be reached although they are this machine or link-local: `['127.0.0.1',
   * '169.254.10.0/24']`.
   */
  readonly allowAddresses?: readonly string[]
  /** How long one attempt may take, in ms (default 10 000). */
  readonly timeoutMs?: number
  /** How often a partition is sent when the other side is busy or cannot be reached (default 5). */
  readonly attempts?: number
}

const OPTIONS: RulesOf<WebhookOptions<any>> = {
  name: text,
  body: callable,
  headers: anything,
  method: oneOf('POST', 'PUT', 'PATCH'),
  allowHosts: list,
  allowAddresses: list,
  timeoutMs: timeout,
  attempts: bound,
}

/**
 * One request per partition: at least once, with the header `Idempotency-Key` the same on every repetition, so that a
 * receiver that remembers keys sees each partition once. 2xx is success; 408, 425, 429, 5xx and broken connections are
 * tried again; anything else throws `E_SINK_REJECTED`. Redirects are not followed. Throws `E_SINK_ADDRESS` for a host
 * that is not allowed and for addresses that no web hook is meant to reach; `E_SINK_UNAVAILABLE` when all attempts
 * failed.
 */
export function webhook<T>(
  url: string | ((records: readonly T[], delivery: Delivery) => string),
  options: WebhookOptions<T> = {},
): OutputSink<T, 'at-least-once'> {
  checkOptions('webhook', options, OPTIONS)
  const rule = new AddressRule(options.allowAddresses ?? [])
  const hosts = options.allowHosts ?? (typeof url === 'string' ? [parsed(url).host] : [])
  if (hosts.length === 0)
    throw new SluiceError('E_SINK_ADDRESS', 'A URL made from data needs allowHosts.', {
      did: 'nothing was sent',
      next: ["allowHosts: ['example.com']"],
    })
  const allowed = new Set(hosts.map((host) => host.toLowerCase()))
  return {
    name: options.name ?? 'webhook',
    guarantee: 'at-least-once',
    address: typeof url === 'string' ? shownAddress(url, { path: false }) : hosts.join(', '),
    [BUNDLED]: true,
    async write(records, delivery) {
      const where = { operator: delivery.sink, partition: delivery.partition, batch: delivery.batch }
      const address = typeof url === 'string' ? url : url(records, delivery)
      checkSettled(address, 'url', where)
      const target = checkedTarget(address, allowed, rule)
      const body = options.body ? options.body(records, delivery) : records
      checkSettled(body, 'body', where)
      const { bytes, type } = encoded(body)
      const headers = {
        'content-type': type,
        ...options.headers,
        'content-length': String(bytes.byteLength),
        'idempotency-key': delivery.key,
      }
      const call: Call = {
        target,
        bytes,
        headers,
        method: options.method ?? 'POST',
        timeoutMs: options.timeoutMs ?? 10_000,
        rule,
        secrets: [...secretsOf(target.href), ...Object.values(options.headers ?? {})],
      }
      await tryRepeatedly(delivery, options.attempts ?? 5, () => attempt(call, delivery))
    },
  }
}

interface Call {
  readonly target: URL
  readonly bytes: Uint8Array
  readonly headers: Readonly<Record<string, string>>
  readonly method: string
  readonly timeoutMs: number
  readonly rule: AddressRule
  readonly secrets: readonly string[]
}

interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
  readonly date: string | undefined
}

async function attempt(call: Call, delivery: Delivery): Promise<Attempt<void>> {
  const place = shownAddress(call.target.href, { path: false })
  const where = { operator: delivery.sink, partition: delivery.partition, batch: delivery.batch }
  let answer: Answer
  try {
    answer = await send(call, delivery.signal)
  } catch (error) {
    if (error instanceof SluiceError) throw error
    delivery.signal?.throwIfAborted()
    const facts = {
      where,
      did: 'the request may have arrived; it is repeated under the same key',
      retry: true,
      next: ['see whether the address can be reached from here'],
    }
    return { kind: 'again', error: driverError('E_SINK_UNAVAILABLE', place, error, call.secrets, facts) }
  }
  const { status, retryAfter, date } = answer
  if (status >= 200 && status < 300) return { kind: 'done', result: undefined }
  if ([408, 425, 429].includes(status) || status >= 500) {
    const waitMs = waitOf(retryAfter, date)
    const error = new SluiceError('E_SINK_UNAVAILABLE', `${place} answered ${status}.`, {
      where,
      did: 'the partition is owed and sent again under the same key',
      retry: true,
      ...(waitMs === null ? {} : { retryAfterMs: waitMs }),
    })
    return { kind: 'again', error, ...(waitMs === null ? {} : { waitMs }) }
  }
  throw new SluiceError(
    'E_SINK_REJECTED',
    `${place} answered ${status}${status >= 300 && status < 400 ? ', a redirect, which is not followed' : ''}.`,
    {
      where,
      did: 'the partition was sent once',
      next: ['correct the URL, the headers or the body'],
    },
  )
}

/**
 * `Retry-After` in seconds or as a date, in ms; `null` where it is neither. A date counts from the `Date` of the same
 * answer, so that nobody's clock has to be right. @testing A test cannot have the `Date` of an answer that it likes.
 */
export function waitOf(retryAfter = '', date = ''): number | null {
  if (/^\d{1,6}$/.test(retryAfter)) return Number(retryAfter) * 1000
  const waitMs = Date.parse(retryAfter) - Date.parse(date)
  return Number.isNaN(waitMs) || /^[-+.\d]*$/.test(retryAfter) ? null : Math.max(0, waitMs)
}

function send(
  { target, bytes, headers, method, timeoutMs, rule }: Call,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const timeout = AbortSignal.timeout(timeoutMs)
  const { request } = process.getBuiltinModule(target.protocol === 'https:' ? 'node:https' : 'node:http')
  const sent = request(
    target,
    {
      method,
      headers,
      agent: false,
      lookup: checkedLookup(rule),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    },
    (response: IncomingMessage) => {
      response.on('error', reject)
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'],
          date: response.headers.date,
        }),
      )
      // What it says is of no use here, but has to be read for the request to end.
      response.resume()
    },
  )
  sent.on('error', (error) => reject(timeout.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error))
  sent.end(bytes)
  return promise
}

/**
 * The address that is checked is the one that is connected to: a name that resolves differently the next time gains
 * nothing.
 */
const checkedLookup =
  (rule: AddressRule): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0)
      const bad = addresses.find(({ address }) => !rule.permits(address))
      if (bad) return callback(addressRefused(hostname, bad.address), '', 0)
      if (options.all) return callback(null, addresses)
      const [first] = addresses
      return callback(null, first!.address, first!.family)
    })
  }

function checkedTarget(text: string, allowed: ReadonlySet<string>, rule: AddressRule): URL {
  const url = parsed(text)
  if (!allowed.has(url.host)) {
    throw new SluiceError('E_SINK_ADDRESS', `${url.host} is not among the hosts that may be called.`, {
      did: 'nothing was sent',
      next: [`add it to allowHosts if it is meant: ${[...allowed].join(', ')}`],
    })
  }
  // A literal address is never looked up.
  const literal = url.hostname.replace(/^\[|\]$/g, '')
  if (isIP(literal) !== 0 && !rule.permits(literal)) throw addressRefused(url.host, literal)
  return url
}

function parsed(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url && (url.protocol === 'https:' || url.protocol === 'http:')) return url
  throw new SluiceError('E_SINK_ADDRESS', 'A web hook needs an absolute URL that begins with https:// or http://.', {
    did: 'nothing was sent',
  })
}

const addressRefused = (host: string, address: string): SluiceError =>
  new SluiceError(
    'E_SINK_ADDRESS',
    `${host} is at ${address}, which is this machine, link-local or a metadata service.`,
    {
      did: 'nothing was sent',
      next: [`allowAddresses: ['${address}'] if it is meant`],
    },
  )

function encoded(body: unknown): { readonly bytes: Uint8Array; readonly type: string } {
  if (typeof body === 'string') return { bytes: Buffer.from(body), type: 'text/plain; charset=utf-8' }
  if (body instanceof Uint8Array) return { bytes: body, type: 'application/octet-stream' }
  return { bytes: Buffer.from(jsonText(body, 'body')), type: 'application/json' }
}
