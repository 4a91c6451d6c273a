import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { issueText, SCHEMA } from '../../codec/standard-schema.ts'
import { messageOf } from '../../model/errors.ts'
import type { Json } from '../../model/json.ts'
import { LineBuffer } from '../../source/line-buffer.ts'
import { Receiver } from '../../source/receiver/receiver.ts'
import { bound, checkOptions, oneOf, type RulesOf, text } from '../../model/options.ts'
import { LINE_OPTIONS } from '../../source/source-options.ts'
import type { HttpOptions } from '../../source/source-factories.ts'
import { checkPort } from './check-port.ts'

/*
 * Records that others POST. A request is answered with 200 when its records are stored, not before; whoever hears
 * anything else, or nothing, sends it again. What a sender can make us hold is bounded: bytes of a body, requests that
 * are under way, blocks that no batch has taken.
 */

const BODY_BYTES_MAX = 2 ** 20
const WAITING_MAX = 64
const BLOCKS_MAX = 10_000
const REQUEST_MS = 30_000

/** So long requests are gathered for one block: a block is a partition, and one for each request would be many. */
const GATHER_MS = 20

const HTTP_OPTIONS: RulesOf<HttpOptions> = {
  encoding: LINE_OPTIONS.encoding,
  host: text,
  path: text,
  body: oneOf('lines', 'json'),
  schema: SCHEMA,
  maxBodyBytes: bound,
  maxWaiting: bound,
  maxBlocks: bound,
}

/** What a request comes to, besides its records. */
class Refusal extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

interface Gathered {
  readonly records: readonly Json[]
  readonly stored: PromiseWithResolvers<void>
}

export class HttpReceiver extends Receiver<Json> {
  readonly #port: number
  readonly #options: HttpOptions
  readonly #host: string
  #server: Server | null = null
  #underWay = 0
  #gathered: Gathered[] = []
  #isStoring = false

  constructor(port: number, options: HttpOptions = {}) {
    super()
    this.#port = checkPort(port)
    checkOptions(`HTTP at port ${port}`, options, HTTP_OPTIONS)
    this.#options = options
    this.#host = options.host ?? '127.0.0.1'
  }

  onStart(): void {
    const { createServer } = process.getBuiltinModule('node:http')
    const server = createServer((request, response) => void this.#answer(request, response))
    this.#server = server
    server.requestTimeout = REQUEST_MS
    server.headersTimeout = REQUEST_MS
    server.once('error', (error) => this.restart(`Cannot listen at ${this.#host}:${this.#port}`, error))
    server.listen(this.#port, this.#host, () => {
      // Its name is looked up first, and it may have been stopped meanwhile.
      if (this.#server !== server) server.close()
    })
  }

  /** Requests that are under way are answered; no more are taken. */
  async onStop(): Promise<void> {
    const server = this.#server
    this.#server = null
    if (!server?.listening) return
    await new Promise((resolve) => server.close(resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#underWay++
    try {
      this.#refuse(request)
      const records = await this.#records(await bodyOf(request, this.#options.maxBodyBytes ?? BODY_BYTES_MAX))
      if (records.length > 0) await this.#stored(records)
      // A connection that is kept would hold a stop up.
      if (this.#server === null) response.setHeader('connection', 'close')
      reply(response, 200, { stored: records.length })
    } catch (error) {
      if (error instanceof Refusal) refuse(request, response, error)
      else refuse(request, response, new Refusal(503, `not stored: ${messageOf(error)}`, AGAIN))
    } finally {
      this.#underWay--
    }
  }

  /** Before anything of the body is read. */
  #refuse({ method, url = '/', headers }: IncomingMessage): void {
    const { path = '/', maxWaiting = WAITING_MAX, maxBlocks = BLOCKS_MAX } = this.#options
    if (isLoopback(this.#host) && !isOwnHost(headers.host))
      throw new Refusal(403, 'this server is asked for under its own address only')
    // Pages may send to this machine without asking: nobody meant them to.
    if (isLoopback(this.#host) && headers.origin !== undefined)
      throw new Refusal(403, 'pages of a browser may not post')
    if (url.split('?', 1)[0] !== path) throw new Refusal(404, `records are posted to ${path}`)
    if (method !== 'POST') throw new Refusal(405, 'records are posted', { allow: 'POST' })
    if (!['identity', undefined].includes(headers['content-encoding']))
      throw new Refusal(415, 'bodies are not packed here', { 'accept-encoding': 'identity' })
    if (this.#underWay > maxWaiting) throw new Refusal(429, `${maxWaiting} requests are under way`, AGAIN)
    if (this.waiting() >= maxBlocks) throw new Refusal(429, `${maxBlocks} blocks wait for a batch`, AGAIN)
  }

  async #records(body: Buffer): Promise<readonly Json[]> {
    const { schema } = this.#options
    const isJson = schema !== undefined || this.#options.body === 'json'
    try {
      if (!isJson) return linesOf(body, this.#options)
      const value = JSON.parse(textOf(body)) as Json
      const values: readonly Json[] = isList(value) ? value : [value]
      if (!schema) return values
      return await Promise.all(
        values.map(async (each, i) => {
          const result = await schema['~standard'].validate(each)
          if (result.issues) throw new Error(`record ${i}: ${issueText(result.issues)}`)
          return result.value as Json
        }),
      )
    } catch (error) {
      throw new Refusal(400, messageOf(error))
    }
  }

  #stored(records: readonly Json[]): Promise<void> {
    const stored = Promise.withResolvers<void>()
    this.#gathered.push({ records, stored })
    if (!this.#isStoring) void this.#storeAll()
    return stored.promise
  }

  async #storeAll(): Promise<void> {
    this.#isStoring = true
    while (this.#gathered.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, GATHER_MS))
      await this.#storeTogether(this.#gathered.splice(0))
    }
    this.#isStoring = false
  }

  /** A record that cannot be stored is the loss of its own request only. */
  async #storeTogether(requests: readonly Gathered[]): Promise<void> {
    try {
      await this.store(requests.flatMap(({ records }) => records))
      for (const { stored } of requests) stored.resolve()
    } catch (error) {
      if (requests.length > 1) for (const request of requests) await this.#storeTogether([request])
      else requests[0]!.stored.reject(error)
    }
  }
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value)

const AGAIN = { 'retry-after': '1' }

function linesOf(body: Buffer, options: HttpOptions): string[] {
  const buffer = new LineBuffer('the body', { ...options, maxLineBytes: options.maxBodyBytes ?? BODY_BYTES_MAX })
  return buffer.push(body).concat(buffer.end())
}

function textOf(body: Buffer): string {
  return new TextDecoder('utf-8', { fatal: true }).decode(body)
}

async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const tooLarge = new Refusal(413, `a body may have ${bytesMax} bytes; send it in parts`)
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length
    if (bytes > bytesMax) throw tooLarge
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function refuse(request: IncomingMessage, response: ServerResponse, { status, message, headers }: Refusal): void {
  // What follows of a body that is not read would be taken for the next request.
  if (!request.complete) response.setHeader('connection', 'close')
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  reply(response, status, { error: message })
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.statusCode = status
  response.setHeader('content-type', 'application/json')
  response.end(`${JSON.stringify(body)}\n`)
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)

/** A page that was made to resolve to this machine still asks for the name it came from. */
const isOwnHost = (host: string | undefined): boolean =>
  host !== undefined && isLoopback(host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1'))
