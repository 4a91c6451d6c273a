import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Dice } from '../support/dice.ts'

/**
 * What can happen to a connection; the words are those of toxiproxy where it has one. Bytes count from the start of the
 * connection.
 */
type Toxic =
  | { readonly kind: 'none' }
  /** Every piece arrives late. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** Bytes trickle, a few at a time. */
  | { readonly kind: 'slicer'; readonly bytes: number }
  /** Both ends are reset when so much has gone up: the server may have got the last statement. */
  | { readonly kind: 'reset_up'; readonly bytes: number }
  /** Both ends are reset when so much has come down: the answer is lost or cut. */
  | { readonly kind: 'reset_down'; readonly bytes: number }
  /** From there on nothing arrives any more, and nobody says so. */
  | { readonly kind: 'black_hole'; readonly bytes: number }
  /** The server is gone, and the client is not told. */
  | { readonly kind: 'half_open'; readonly bytes: number }
  /** The end of the connection arrives late. */
  | { readonly kind: 'slow_close'; readonly ms: number }

/** Stands for the keep-alive of real connections. */
const NOTICED_MS = 800

const SILENT = ['black_hole', 'half_open'] as const
const LOUD = ['latency', 'slicer', 'reset_up', 'reset_down', 'slow_close'] as const

/**
 * Stands between a client and a server on this machine, and treats each connection as the dice say; fairly often well.
 */
export class FaultProxy {
  /** How often each thing happened. */
  readonly happened = new Map<string, number>()
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(server: Server) {
    this.#server = server
  }

  /**
   * `silent`: whether connections may fall silent, which takes a client with a time limit of its own; `at`: the port to
   * stand at, where a server sends its clients to one.
   */
  static async before(
    port: number,
    dice: Dice,
    { silent, at = 0 }: { readonly silent: boolean; readonly at?: number },
  ): Promise<FaultProxy> {
    const server = createServer({ allowHalfOpen: true })
    const proxy = new FaultProxy(server)
    server.on('connection', (client) => proxy.#join(client, port, toxicOf(dice, silent)))
    await new Promise<void>((resolve) => {
      server.listen(at, '127.0.0.1', resolve)
    })
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  #join(client: Socket, port: number, toxic: Toxic): void {
    const server = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', () => {}).on('close', () => this.#sockets.delete(socket))
    }
    this.happened.set(toxic.kind, (this.happened.get(toxic.kind) ?? 0) + 1)
    const link = new Link(client, server, toxic)
    void link.carry(client, server, 'up')
    void link.carry(server, client, 'down')
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => {
      this.#server.close(resolve)
    })
  }
}

/** Two sockets and what lies between them. */
class Link {
  readonly #ends: readonly Socket[]
  readonly #server: Socket
  readonly #toxic: Toxic
  readonly #carried = { up: 0, down: 0 }
  #silent = false

  constructor(client: Socket, server: Socket, toxic: Toxic) {
    this.#ends = [client, server]
    this.#server = server
    this.#toxic = toxic
  }

  async carry(from: Socket, to: Socket, way: 'up' | 'down'): Promise<void> {
    const toxic = this.#toxic
    try {
      for await (const piece of from as AsyncIterable<Buffer>) {
        if (toxic.kind === 'latency') await sleep(toxic.ms)
        if (toxic.kind === 'slicer') await this.#trickle(piece, to, toxic.bytes)
        else await this.#pass(piece, to, way)
      }
      if (toxic.kind === 'slow_close') await sleep(toxic.ms)
      if (this.#silent) await this.#noticed()
      to.end()
    } catch {
      // One end is gone; the other hears of it, at once or when it has waited long enough.
      if (this.#silent) await this.#noticed()
      to.destroy()
    }
  }

  /** A server that hears nothing gives up as well, in the end, and with it the locks that it holds for its client. */
  #noticed(): Promise<void> {
    return sleep(NOTICED_MS)
  }

  async #pass(piece: Buffer, to: Socket, way: 'up' | 'down'): Promise<void> {
    const left = this.#left(way)
    this.#carried[way] += piece.length
    if (!this.#silent) to.write(piece.subarray(0, left))
    if (piece.length < left) return
    if (this.#toxic.kind === 'black_hole') this.#silent = true
    else if (this.#toxic.kind === 'half_open') this.#halve()
    else this.#reset()
  }

  /** How many bytes may still pass before the fault. */
  #left(way: 'up' | 'down'): number {
    const toxic = this.#toxic
    const breaks =
      (toxic.kind === 'reset_up' && way === 'up') ||
      ((toxic.kind === 'reset_down' || toxic.kind === 'half_open' || toxic.kind === 'black_hole') && way === 'down')
    return breaks ? Math.max(0, toxic.bytes - this.#carried[way]) : Infinity
  }

  #halve(): void {
    this.#silent = true
    this.#server.destroy()
  }

  #reset(): void {
    for (const end of this.#ends) end.resetAndDestroy()
  }

  async #trickle(piece: Buffer, to: Socket, bytes: number): Promise<void> {
    for (let at = 0; at < piece.length; at += bytes) {
      to.write(piece.subarray(at, at + bytes))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}

/** Faults that need bytes come after the greeting, when statements are under way. */
function toxicOf(dice: Dice, silent: boolean): Toxic {
  const kind = dice.chance(0.25) ? 'none' : dice.oneOf(silent && dice.chance(0.25) ? SILENT : LOUD)
  switch (kind) {
    case 'none':
      return { kind }
    case 'latency':
    case 'slow_close':
      return { kind, ms: dice.between(1, 15) }
    case 'slicer':
      return { kind, bytes: dice.between(1, 40) }
    default:
      return { kind, bytes: dice.between(500, 2500) }
  }
}
