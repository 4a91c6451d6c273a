import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Receiver, type StreamingContext } from '../../../../lib/index.ts'

const PER_BLOCK = 10

/** Acknowledges numbers once they are stored, so that its server sends again what was not. */
class NumberReceiver extends Receiver<number> {
  readonly #port: number
  #socket: Socket | null = null

  constructor(port: number) {
    super()
    this.#port = port
  }

  async onStart(): Promise<void> {
    const socket = connect(this.#port, '127.0.0.1')
    this.#socket = socket
    let block: number[] = []
    for await (const line of createInterface(socket)) {
      block.push(Number(line))
      if (block.length < PER_BLOCK) continue
      await this.store(block)
      socket.write(`${block.at(-1)}\n`)
      block = []
    }
  }

  onStop(): void {
    this.#socket?.destroy()
  }
}

/** How often each number has come, since the start. */
export const countNumbers =
  (port: number) =>
  (ssc: StreamingContext, place: string): void =>
    ssc
      .receiverStream(new NumberReceiver(port), { name: 'numbers' })
      .map((number) => [`n${number}`, 1] as [string, number])
      .updateStateByKey<number>((added, sum) => added.reduce((a, b) => a + b, sum ?? 0))
      .saveAsTextFiles(`${place}/out/counts`)

/** Sends the numbers below `count`, from the first that nobody has acknowledged, to whoever connects. */
export async function numberServer(count: number): Promise<{
  readonly port: number
  /** Numbers below it are acknowledged. */
  acknowledged(): number
  close(): void
}> {
  let next = 0
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.write(Array.from({ length: count - next }, (_, i) => `${next + i}\n`).join(''))
    createInterface(socket).on('line', (line) => {
      next = Number(line) + 1
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return { port, acknowledged: () => next, close: () => server.close() }
}
