import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { framesOf } from '../../../lib/adapters/local/raw-socket-receiver.ts'
import { localSources } from '../../../lib/hosts/embedded/local-sources.ts'
import { encodeBlock } from '../../../lib/codec/block.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import type { Json } from '../../../lib/model/json.ts'
import { settingsOf } from '../../../lib/model/settings/read.ts'
import { SparkConf } from '../../../lib/model/spark-conf.ts'
import type { ReceiverInfo, Source } from '../../../lib/source/source.ts'
import { memoryIo, readAll } from '../../../lib/testing/contracts/source.ts'

/** A server on a free port whose connections a test takes one by one. */
async function serverFor(
  t: TestContext,
  port = 0,
): Promise<{ port: number; server: Server; connection(): Promise<Socket> }> {
  const server = createServer()
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const sockets: Socket[] = []
  server.on('connection', (socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
  })
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port: bound } = server.address() as AddressInfo
  return {
    port: bound,
    server,
    connection: async () => sockets.at(-1) ?? ((await once(server, 'connection')) as [Socket])[0],
  }
}

/** The source, receiving, and a way to wait until it has received some records. */
async function receiving<T>(t: TestContext, source: Source<T>, conf: Record<string, string> = {}) {
  const clock = new ManualClock()
  const io = memoryIo(clock)
  const errors: ReceiverInfo[] = []
  const restarted: string[] = []
  await source.receiver!.start({
    io,
    streamId: 0,
    position: null,
    settings: settingsOf(new SparkConf(conf)),
    events: {
      started: () => {},
      error: (info) => {
        errors.push(info)
      },
      stopped: (info) => {
        restarted.push(info.lastErrorMessage)
      },
      exhausted: () => {},
    },
  })
  t.after(() => source.receiver!.stop(false))
  let position: Json | null = null
  const received: T[] = []
  const until = async (done: () => boolean): Promise<void> => {
    while (!done()) {
      await clock.advance(200)
      const cut = (await source.cut({ time: clock.now(), intervalMs: 200, zeroTime: 0, position, limit: null, io }))!
      position = cut.position
      received.push(...(await readAll(source, cut.splits, io)))
    }
  }
  const records = async (count: number): Promise<T[]> => {
    await until(() => received.length >= count)
    return received
  }
  return { clock, errors, restarted, received, until, records }
}

test('lines of a socket arrive in order, none twice, however the bytes come', async (t) => {
  const { port, connection } = await serverFor(t)
  const { records } = await receiving(t, localSources.socketText('127.0.0.1', port))
  const socket = await connection()
  for (const piece of ['1\n2', '\n3\r', '\n4\r5', ' €\n', '\n7\n']) socket.write(piece)
  assert.deepEqual(await records(7), ['1', '2', '3', '4', '5 €', '', '7'])
})

test('B19: a character that is cut between two packets is one character', async (t) => {
  const { port, connection } = await serverFor(t)
  const { records, until, received } = await receiving(t, localSources.socketText('127.0.0.1', port))
  const socket = await connection()
  const bytes = Buffer.from('first\n€uro\n')
  socket.write(bytes.subarray(0, 7))
  await until(() => received.length === 1)
  socket.write(bytes.subarray(7))
  assert.deepEqual(await records(2), ['first', '€uro'])
})

test('a connection that ends gives its last line and is made again after the delay', async (t) => {
  const { port, server, connection } = await serverFor(t)
  const { records, restarted } = await receiving(t, localSources.socketText('127.0.0.1', port))
  const socket = await connection()
  server.once('connection', (next: Socket) => next.end('b\n'))
  socket.end('a\nlast')
  assert.deepEqual(await records(3), ['a', 'last', 'b'])
  assert.match(restarted[0], /Restarting receiver with delay 2000ms: Socket data stream had no more data/)
})

test('a server that is not there yet is tried again', async (t) => {
  const first = await serverFor(t)
  await new Promise((resolve) => first.server.close(resolve))
  const { records, until, restarted } = await receiving(t, localSources.socketText('127.0.0.1', first.port), {
    'spark.streaming.receiverRestartDelay': '100',
  })
  await until(() => restarted.length >= 2)
  assert.match(restarted[0], /Error connecting to 127\.0\.0\.1:\d+ - .*ECONNREFUSED/)
  const again = await serverFor(t, first.port)
  again.server.on('connection', (socket) => socket.write('here\n'))
  assert.deepEqual((await records(1))[0], 'here')
})

test('B20: a line that is not UTF-8 is reported and left out', async (t) => {
  const { port, connection } = await serverFor(t)
  const { records, errors } = await receiving(t, localSources.socketText('127.0.0.1', port))
  ;(await connection()).write(Buffer.from([0x61, 10, 0xff, 10, 0x62, 10]))
  assert.deepEqual(await records(2), ['a', 'b'])
  assert.match(errors[0].lastErrorMessage, /is not UTF-8 at byte 2/)
})

test('while the rate is used up nothing is read, so the server has to wait', async (t) => {
  const { port, connection } = await serverFor(t)
  const { clock } = await receiving(t, localSources.socketText('127.0.0.1', port), {
    'spark.streaming.receiver.maxRate': '1',
  })
  const socket = await connection()
  const line = `${'x'.repeat(1000)}\n`
  for (let i = 0; i < 50_000; i++) socket.write(line)
  await clock.advance(1000)
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.ok(socket.writableLength > 10_000_000, `${socket.writableLength} bytes wait at the server`)
})

test('a socket of the program’s own form: the converter makes records of bytes', async (t) => {
  const { port, connection } = await serverFor(t)
  const source = localSources.socketStream('127.0.0.1', port, async function* (bytes) {
    for await (const piece of bytes) for (const byte of piece) yield byte
  })
  const { records } = await receiving(t, source)
  ;(await connection()).write(Buffer.from([1, 2, 3]))
  assert.deepEqual(await records(3), [1, 2, 3])
})

test('a raw socket gives the records of each block, and bytes as one record', async (t) => {
  const { port, connection } = await serverFor(t)
  const { records } = await receiving<unknown>(t, localSources.rawSocket('127.0.0.1', port))
  const frame = (payload: Uint8Array): Buffer => {
    const size = Buffer.alloc(4)
    size.writeUInt32BE(payload.length)
    return Buffer.concat([size, payload])
  }
  const socket = await connection()
  socket.write(
    Buffer.concat([frame(encodeBlock([{ section: 0, columns: [['a', 'b']], count: 2 }])), frame(Uint8Array.of(9))]),
  )
  assert.deepEqual(await records(3), ['a', 'b', Uint8Array.of(9)])
})

test('frames are whole wherever the bytes are cut; a length that cannot be is refused', async () => {
  const bytes = Buffer.from([0, 0, 0, 2, 1, 2, 0, 0, 0, 0, 0, 0, 0, 1, 3, 0, 0])
  for (let at = 0; at <= bytes.length; at++) {
    const frames: number[][] = []
    for await (const frame of framesOf(pieces(bytes.subarray(0, at), bytes.subarray(at)))) frames.push([...frame])
    assert.deepEqual(frames, [[1, 2], [], [3]])
  }
  await assert.rejects(framesOf(pieces(Buffer.from([255, 0, 0, 0]))).next(), (error) =>
    hasCode(error, 'E_RECORD_TOO_LARGE'),
  )
})

async function* pieces(...all: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* all
}
