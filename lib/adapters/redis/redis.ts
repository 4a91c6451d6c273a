import { createHash } from 'node:crypto'
import { SluiceError } from '../../model/errors.ts'
import { bound, callable, checkOptions, type RulesOf, text } from '../../model/options.ts'
import { checkSettled } from '../../model/settled.ts'
import { BUNDLED, type Delivery, type OutputSink } from '../../output/sink.ts'
import { sinkIsNewer } from '../../output/fence.ts'
import { loadPeer } from '../../output/peer.ts'
import { type Call, callsOf, type RedisCommand } from './redis-calls.ts'
import { fencedCommands } from './redis-script.ts'
import { type Attempt, tryRepeatedly } from '../../output/retry.ts'
import { driverError, secretsOf, shownAddress } from '../../output/secrets.ts'

/** What is used of a client: `sendCommand` of `redis` and `@redis/client`, or `callBuffer` of `ioredis`. */
export type RedisClient =
  | { sendCommand(args: (string | Buffer)[]): Promise<unknown> }
  | { callBuffer(command: string, ...args: (string | Buffer)[]): Promise<unknown> }

/** What `redis` takes. */
export interface RedisOptions<T> {
  /** What the sink is called in messages. */
  readonly name?: string
  /**
   * What to do for one record, in order. Must depend on its arguments alone: a partition that was interrupted goes on
   * where it stopped.
   */
  readonly commands: (record: T, delivery: Delivery) => readonly RedisCommand[]
  /** What the keys of fences start with (default `sluice:fence:`). */
  readonly fencePrefix?: string
  /** How many commands run as one, between which no other client sees anything (default 5000). */
  readonly batchCommands?: number
  /** How often a script is tried when connections break (default 5). */
  readonly attempts?: number
}

const OPTIONS: RulesOf<RedisOptions<any>> = {
  name: text,
  commands: callable,
  fencePrefix: text,
  batchCommands: bound,
  attempts: bound,
}
const NEEDED = { must: ['commands'], example: "redis(url, { commands: (r) => [['INCR', r.page]] })" }

/**
 * Commands to Redis: exactly once in effect, as long as Redis itself keeps what it confirmed. The commands of a
 * partition run in a script that also keeps, in a fence key, how far the partition has come; up to `batchCommands` of
 * them appear at once. Needs one server (or a cluster whose keys all live in one slot), and an eviction policy that
 * spares the fence keys (`noeviction` or `volatile-…`). Give a connected client, which stays yours to close, or a URL.
 * Writing throws `E_SINK_VALUE`, `E_SINK_AHEAD`, `E_SINK_REJECTED`, `E_SINK_UNAVAILABLE` and `E_SINK_PEER`.
 */
export function redis<T>(client: RedisClient | string, options: RedisOptions<T>): OutputSink<T, 'exactly-once'> {
  checkOptions('redis', options, OPTIONS, NEEDED)
  const server = new RedisServer(client)
  const chunkMax = options.batchCommands ?? 5_000
  return {
    name: options.name ?? 'redis',
    guarantee: 'exactly-once',
    address: server.place,
    [BUNDLED]: true,
    ready: async () => typeof client === 'string' && loadClient(),
    async write(records, delivery) {
      const calls = records.flatMap((record, at) => callsFor(record, at, delivery, options))
      const fence =
        (options.fencePrefix ?? 'sluice:fence:') +
        [delivery.app, delivery.inc, delivery.sink, delivery.partition].map(encodeURIComponent).join(':')
      const commandOf = (call: number): number => calls.slice(0, call + 1).filter(({ goesOn }) => !goesOn).length
      // A partition without commands moves its fence too.
      for (let at = 0, next = 0; at === 0 || at < calls.length; at = next) {
        next = chunkEnd(calls, at, chunkMax)
        const chunk = { fence, from: at, calls: calls.slice(at, next), isLast: next >= calls.length, commandOf }
        await tryRepeatedly(delivery, options.attempts ?? 5, () => attempt(server, delivery, chunk))
        if (calls.length === 0) return
      }
    },
    close: () => server.close(),
  }
}

function callsFor<T>(record: T, at: number, delivery: Delivery, options: RedisOptions<T>): Call[] {
  const commands = options.commands(record, delivery)
  checkSettled(commands, 'commands', {
    operator: delivery.sink,
    partition: delivery.partition,
    batch: delivery.batch,
  })
  return Array.from(commands).flatMap((command) => callsOf(command, `record[${at}]`))
}

/**
 * As many calls as one script takes: a server refuses a request of a million words, and of 512 MB. The calls of one
 * command stay together.
 */
function chunkEnd(calls: readonly Call[], from: number, most: number): number {
  let words = 0
  let bytes = 0
  for (let at = from; at < calls.length; at++) {
    const { words: own, goesOn } = calls[at]!
    words += own.length
    bytes += own.reduce((sum, word) => sum + word.length, 0)
    const isFull = at >= from + most || words > SCRIPT_WORDS_MAX || bytes > SCRIPT_BYTES_MAX
    if (isFull && at > from && !goesOn) return at
  }
  return calls.length
}

const SCRIPT_WORDS_MAX = 100_000
const SCRIPT_BYTES_MAX = 16 * 2 ** 20

interface Chunk {
  readonly fence: string
  /** How many calls of the partition come before. */
  readonly from: number
  readonly calls: readonly Call[]
  readonly isLast: boolean
  /** The number of the command that a call of the partition belongs to, from 1. */
  readonly commandOf: (call: number) => number
}

async function attempt(server: RedisServer, delivery: Delivery, chunk: Chunk): Promise<Attempt<void>> {
  let answer: unknown
  try {
    answer = await server.run(chunk, delivery.batch)
  } catch (error) {
    if (error instanceof SluiceError) throw error
    await server.drop()
    const isReply = isReplyOfServer(error)
    const shown = driverError(isReply ? 'E_SINK_REJECTED' : 'E_SINK_UNAVAILABLE', server.place, error, server.secrets, {
      where: { operator: delivery.sink, partition: delivery.partition, batch: delivery.batch },
      did: 'the fence key tells the next attempt how far the partition has come',
      retry: !isReply,
      next: ['see whether the server is up, takes connections and runs scripts'],
    })
    if (isReply) throw shown
    return { kind: 'again', error: shown }
  }
  obey(answer, chunk, delivery, server.place)
  return { kind: 'done', result: undefined }
}

/** The script answers `["ok"]`, `["newer", last]` or `["refused", index, message]`. */
function obey(answer: unknown, chunk: Chunk, delivery: Delivery, place: string): void {
  const [verdict, detail, message] = (answer as readonly unknown[]).map(String)
  if (verdict === 'newer') throw sinkIsNewer(delivery, Number(detail), place)
  if (verdict === 'refused') {
    throw new SluiceError(
      'E_SINK_REJECTED',
      `${place} refused command ${chunk.commandOf(Number(detail))} of the partition: ${message}`,
      {
        where: { operator: delivery.sink, partition: delivery.partition, batch: delivery.batch },
        did: 'the commands before it were applied and are not repeated; the next attempt goes on with this one',
        next: ['correct the key that has another type, or the command'],
      },
    )
  }
}

class RedisServer {
  readonly place: string
  readonly secrets: readonly string[]
  readonly #given: RedisClient | string
  #own: Promise<OwnClient> | null = null

  constructor(given: RedisClient | string) {
    this.#given = given
    this.place = typeof given === 'string' ? shownAddress(given, { path: true }) : 'Redis'
    this.secrets = typeof given === 'string' ? secretsOf(given) : []
  }

  async run({ fence, from, calls, isLast }: Chunk, batch: number): Promise<unknown> {
    const counts = calls.map(({ words }) => words.length)
    const args = [batch, from, isLast ? 1 : 0, calls.length, ...counts].map((n) => Buffer.from(String(n)))
    const call = ['1', fence, ...args, ...calls.flatMap(({ words }) => words)]
    try {
      return await this.#send(['EVALSHA', scriptHash, ...call])
    } catch (error) {
      if (!String((error as { message?: unknown } | null)?.message).startsWith('NOSCRIPT')) throw error
      return this.#send(['EVAL', fencedCommands, ...call])
    }
  }

  /** After an error nobody knows what state a connection of ours is in. */
  async drop(): Promise<void> {
    const own = this.#own
    this.#own = null
    const client = await own?.catch(() => null)
    if (client?.isOpen) client.destroy()
  }

  async close(): Promise<void> {
    const own = await this.#own?.catch(() => null)
    this.#own = null
    if (own?.isOpen) await own.close()
  }

  async #send(args: (string | Buffer)[]): Promise<unknown> {
    if (typeof this.#given !== 'string') return send(this.#given, args)
    this.#own ??= openClient(this.#given)
    const own = await this.#own
    own.ref()
    try {
      return await own.sendCommand(args)
    } finally {
      own.unref()
    }
  }
}

const send = (client: RedisClient, args: (string | Buffer)[]): Promise<unknown> =>
  'sendCommand' in client ? client.sendCommand(args) : client.callBuffer(String(args[0]), ...args.slice(1))

interface OwnClient {
  sendCommand(args: (string | Buffer)[]): Promise<unknown>
  ref(): void
  unref(): void
  readonly isOpen: boolean
  destroy(): void
  close(): Promise<void>
}

const loadClient = () => loadPeer('@redis/client', () => import('@redis/client'))

/** Reconnecting is ours: a client that does so by itself keeps commands waiting without end. */
async function openClient(url: string): Promise<OwnClient> {
  const { createClient } = await loadClient()
  const client = createClient({
    url,
    disableOfflineQueue: true,
    socket: { reconnectStrategy: false, connectTimeout: connectMs, socketTimeout: silenceMs },
  })
  client.on('error', () => {})
  await client.connect()
  return client
}

/**
 * An error that the server sent, rather than one of the connection; a server that is starting or changing roles will be
 * well later.
 */
function isReplyOfServer(error: unknown): boolean {
  const { name, message, constructor } = (error ?? {}) as {
    name?: unknown
    message?: unknown
    constructor?: { name?: unknown }
  }
  const isReply =
    name === 'ReplyError' ||
    ['ReplyError', 'SimpleError', 'ErrorReply', 'BlobError'].includes(String(constructor?.name))
  return isReply && !/^(LOADING|BUSY|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|READONLY|OOM) /.test(String(message))
}

const scriptHash = createHash('sha1').update(fencedCommands).digest('hex')

const connectMs = 10_000
const silenceMs = 60_000
