import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Dice } from '../../support/dice.ts'

/** What can happen to a request and its answer. */
const FAULTS = [
  'throttled',
  'conflict',
  'unavailable',
  'reset',
  'lost-answer',
  'cut-answer',
  'slow-answer',
  'black-hole',
] as const
type Fault = (typeof FAULTS)[number]

/** How a service says that it is asked too much. */
export interface Throttling {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export const throttlings = {
  /** S3. */
  xml: {
    status: 503,
    headers: { 'content-type': 'application/xml' },
    body: '<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>',
  },
  /** DynamoDB and SQS. */
  json: {
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amzn-errortype': 'ThrottlingException' },
    body: JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded' }),
  },
  kinesis: {
    status: 400,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({ __type: 'ProvisionedThroughputExceededException', message: 'Rate exceeded for shard' }),
  },
} satisfies Readonly<Record<string, Throttling>>

/** How S3 answers one of several conditional writes of an object at the same time: nothing was written. */
const CONFLICT: Throttling = {
  status: 409,
  headers: { 'content-type': 'application/xml' },
  body: '<Error><Code>ConditionalRequestConflict</Code><Message>Try again.</Message></Error>',
}

/** A client gives up on a silent connection after a few seconds; so long a test can wait now and then. */
const SILENT_MS = 4_000

/** Stands between a client and a server that speaks HTTP, and does with each request what the dice say. */
export class HttpFaults {
  /** How often each thing happened. */
  readonly happened = new Map<string, number>()
  readonly #server: Server
  readonly #target: URL
  readonly #dice: Dice
  readonly #throttling: Throttling
  readonly #rate: number

  private constructor(target: string, dice: Dice, throttling: Throttling, rate: number) {
    this.#target = new URL(target)
    this.#dice = dice
    this.#throttling = throttling
    this.#rate = rate
    this.#server = createServer((asked, answer) => void this.#carry(asked, answer))
  }

  /** `rate` of the requests meet a fault. */
  static async before(target: string, dice: Dice, throttling: Throttling, rate = 0.3): Promise<HttpFaults> {
    const faults = new HttpFaults(target, dice, throttling, rate)
    await new Promise<void>((resolve) => {
      faults.#server.listen(0, '127.0.0.1', resolve)
    })
    return faults
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }

  async #carry(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const fault = this.#next(asked)
    this.#count(fault ?? 'nothing')
    try {
      const body = await whole(asked)
      if (fault === 'throttled') return refuse(answer, this.#throttling)
      if (fault === 'conflict') return refuse(answer, CONFLICT)
      if (fault === 'unavailable') return refuse(answer, { status: 503, headers: {}, body: '' })
      if (fault === 'reset') return reset(answer)
      const { status, headers, bytes } = await this.#ask(asked, body)
      // A conditional write that was repeated because nobody heard of the first one.
      if (status === 412) this.#count('exists')
      if (fault === 'lost-answer') return reset(answer)
      if (fault === 'black-hole') return void setTimeout(() => answer.socket?.destroy(), SILENT_MS).unref()
      answer.writeHead(status, { ...headers, 'content-length': bytes.length })
      if (fault === 'cut-answer' && bytes.length > 1) {
        answer.write(bytes.subarray(0, bytes.length / 2), () => reset(answer))
        return
      }
      if (fault === 'slow-answer') await trickle(answer, bytes)
      answer.end(fault === 'slow-answer' ? undefined : bytes)
    } catch {
      answer.destroy()
    }
  }

  #count(what: string): void {
    this.happened.set(what, (this.happened.get(what) ?? 0) + 1)
  }

  #next({ headers }: IncomingMessage): Fault | null {
    if (!this.#dice.chance(this.#rate)) return null
    const fault = this.#dice.oneOf(FAULTS)
    if (fault === 'conflict' && headers['if-none-match'] === undefined) return 'throttled'
    // Silence costs seconds each time.
    return fault === 'black-hole' && !this.#dice.chance(0.1) ? 'reset' : fault
  }

  async #ask({ method, url, headers }: IncomingMessage, body: Buffer) {
    const { hostname, port } = this.#target
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const asked = request({ hostname, port, ...(method ? { method } : {}), path: url, headers, agent: false }, resolve)
    asked.on('error', reject).end(body)
    const {
      statusCode: status = 500,
      headers: found,
      ...rest
    } = await promise.then((answer) => Object.assign(answer, { body: whole(answer) }))
    const { 'transfer-encoding': _chunked, ...kept } = found
    return { status, headers: kept, bytes: await rest.body }
  }
}

async function whole(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of message as AsyncIterable<Buffer>) pieces.push(piece)
  return Buffer.concat(pieces)
}

function reset({ socket }: ServerResponse): void {
  socket?.resetAndDestroy()
}

function refuse(answer: ServerResponse, { status, headers, body }: Throttling): void {
  answer.writeHead(status, headers).end(body)
}

async function trickle(answer: ServerResponse, bytes: Buffer): Promise<void> {
  const step = Math.max(1, Math.ceil(bytes.length / 5))
  for (let at = 0; at < bytes.length; at += step) {
    answer.write(bytes.subarray(at, at + step))
    await new Promise((resolve) => {
      setTimeout(resolve, 2)
    })
  }
}
