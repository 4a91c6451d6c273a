import type { Socket } from 'node:net'
import type { SluiceError } from '../../model/errors.ts'
import { LineBuffer, type LineOptions } from '../../source/line-buffer.ts'
import type { BytesToRecords } from '../../source/source-factories.ts'
import { Receiver } from '../../source/receiver/receiver.ts'
import { checkPort } from './check-port.ts'

/**
 * Connects to a server and receives until the connection ends, then starts again after the restart delay (Spark:
 * `SocketReceiver`). While too much waits, nothing is read from the socket, so the server has to wait as well.
 */
export abstract class ConnectionReceiver<T> extends Receiver<T> {
  readonly #host: string
  readonly #port: number
  #socket: Socket | null = null

  constructor(host: string, port: number) {
    super()
    this.#host = host
    this.#port = checkPort(port)
  }

  onStart(): void {
    const { connect } = process.getBuiltinModule('node:net')
    const socket = connect({ host: this.#host, port: this.#port })
    this.#socket = socket
    socket.once('error', (error) =>
      this.#again(
        socket,
        socket.connecting || socket.bytesRead === 0
          ? `Error connecting to ${this.#host}:${this.#port}`
          : 'Error receiving data',
        error,
      ),
    )
    socket.once('connect', () => void this.#receiveFrom(socket))
  }

  onStop(): void {
    this.#socket?.destroy()
    this.#socket = null
  }

  /** Stores all that one connection brings. */
  protected abstract receive(bytes: AsyncIterable<Uint8Array>): Promise<void>

  async #receiveFrom(socket: Socket): Promise<void> {
    try {
      await this.receive(socket)
      this.#again(socket, 'Socket data stream had no more data')
    } catch (error) {
      this.#again(socket, 'Error receiving data', error)
    }
  }

  /** An old connection has no say. */
  #again(socket: Socket, message: string, error?: unknown): void {
    if (this.#socket !== socket) return
    this.#socket = null
    socket.destroy()
    this.restart(message, error)
  }
}

export class SocketReceiver<T> extends ConnectionReceiver<T> {
  readonly #convert: BytesToRecords<T>

  constructor(host: string, port: number, convert: BytesToRecords<T>) {
    super(host, port)
    this.#convert = convert
  }

  protected async receive(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const record of this.#convert(bytes)) if (!this.storeOne(record)) await this.ready()
  }
}

/** Lines as a `BufferedReader` sees them. One that is not UTF-8 or too long is refused. */
export class SocketTextReceiver extends ConnectionReceiver<string> {
  readonly #options: LineOptions
  readonly #what: string

  constructor(host: string, port: number, options: LineOptions = {}) {
    super(host, port)
    this.#options = {
      ...options,
      loneReturn: true,
      onBad: (error: SluiceError, bytes: Uint8Array) => {
        this.refuse(bytes, error)
        return 'left-out'
      },
    }
    this.#what = `${host}:${port}`
  }

  protected async receive(bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const buffer = new LineBuffer(this.#what, this.#options)
    for await (const piece of bytes) await this.#storeLines(buffer.push(piece))
    await this.#storeLines(buffer.end())
  }

  async #storeLines(lines: readonly string[]): Promise<void> {
    for (const line of lines) if (!this.storeOne(line)) await this.ready()
  }
}
