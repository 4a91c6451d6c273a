import assert from 'node:assert/strict'
import { connect, createServer, type AddressInfo } from 'node:net'
import { lookup } from 'node:dns/promises'
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { test, type TestContext } from 'node:test'
import { z } from 'zod'
import { HttpReceiver } from '../../../lib/adapters/local/http-receiver.ts'
import { systemClock } from '../../../lib/adapters/local/system-clock.ts'
import { SparkConf } from '../../../lib/index.ts'
import { settingsOf } from '../../../lib/model/settings/read.ts'
import type { HttpOptions } from '../../../lib/source/source-factories.ts'
import type { SourceIo } from '../../../lib/source/source.ts'
import { receiverSource } from '../../../lib/source/receiver/receiver-source.ts'
import { memoryIo, readAll } from '../../../lib/testing/contracts/source.ts'

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

interface Answer {
  readonly status: number
  readonly body: any
  readonly headers: Headers
}

class Posted {
  readonly port: number
  readonly io: SourceIo
  readonly stop: () => Promise<void>
  readonly #source
  #position: any = null

  constructor(source: ReturnType<typeof receiverSource>, port: number, io: SourceIo) {
    this.#source = source
    this.port = port
    this.io = io
    this.stop = () => source.receiver!.stop(true)
  }

  static async open(t: TestContext, options: HttpOptions = {}, blobs = memoryIo().blobs): Promise<Posted> {
    const port = await freePort()
    const source = receiverSource(new HttpReceiver(port, options))
    const io = { ...memoryIo(), clock: systemClock, blobs }
    const events = { started: () => {}, error: () => {}, stopped: () => {}, exhausted: () => {} }
    const settings = settingsOf(new SparkConf({}))
    await source.receiver!.start({ io, streamId: 0, position: null, settings, events })
    const posted = new Posted(source, port, io)
    t.after(() => posted.stop())
    return posted
  }

  async post(body: string | Uint8Array, { path = '/', headers = {}, method = 'POST' } = {}): Promise<Answer> {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method,
      headers,
      ...(method === 'GET' ? {} : { body: body as string }),
    })
    return { status: answer.status, body: await answer.json(), headers: answer.headers }
  }

  async batch(time: number): Promise<unknown[]> {
    const cut = (await this.#source.cut({
      time,
      intervalMs: 1000,
      zeroTime: 0,
      position: this.#position,
      limit: null,
      io: this.io,
    }))!
    this.#position = cut.position
    return readAll(this.#source, cut.splits, this.io)
  }
}

test('the lines of a body are records, and 200 says that they are stored', async (t) => {
  const posted = await Posted.open(t)
  const { status, body } = await posted.post('one\r\ntwo\n')
  assert.deepEqual([status, body], [200, { stored: 2 }])
  assert.deepEqual(await posted.batch(1000), ['one', 'two'])
  assert.deepEqual(await posted.batch(2000), [])
  assert.deepEqual((await posted.post('')).body, { stored: 0 })
})

test('requests that come together are one block, and each is answered', async (t) => {
  const posted = await Posted.open(t)
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => posted.post(`${i}`)))
  assert.ok(answers.every(({ status }) => status === 200))
  assert.ok((await posted.io.blobs.list('')).length < 20)
  const records = (await posted.batch(1000)).map(Number).toSorted((a, b) => a - b)
  assert.deepEqual(records, Array.from({ length: 20 }, (_, i) => i)) // prettier-ignore
})

test('JSON is a record, or a record for each item of an array', async (t) => {
  const posted = await Posted.open(t, { body: 'json' })
  assert.deepEqual((await posted.post('{\n  "a": 1\n}')).body, { stored: 1 })
  assert.deepEqual((await posted.post('[1, {"b": 2}]')).body, { stored: 2 })
  assert.deepEqual(await posted.batch(1000), [{ a: 1 }, 1, { b: 2 }])
  const bad = await posted.post('{"a": 1')
  assert.deepEqual([bad.status, typeof bad.body.error], [400, 'string'])
})

test('what does not fit the schema is answered with 400 and its place, and nothing of it is stored', async (t) => {
  const posted = await Posted.open(t, { schema: z.object({ id: z.coerce.number() }) })
  assert.equal((await posted.post('{"id": "7"}')).status, 200)
  const { status, body } = await posted.post('[{"id": 1}, {"id": "seven"}]')
  assert.equal(status, 400)
  assert.match(body.error, /^record 1: id: /)
  assert.deepEqual(await posted.batch(1000), [{ id: 7 }])
})

test('bytes that are not UTF-8 are answered with 400', async (t) => {
  const posted = await Posted.open(t)
  assert.equal((await posted.post(Uint8Array.of(0x61, 0xff, 0x0a))).status, 400)
  assert.deepEqual(await posted.batch(1000), [])
})

test('a body that is too large is answered with 413, whether it says so or not', async (t) => {
  const posted = await Posted.open(t, { maxBodyBytes: 10 })
  assert.equal((await posted.post('0123456789\n')).status, 413)
  assert.equal((await posted.post('0123456789')).status, 200)
  const status = await new Promise((resolve) => {
    const chunked = request({ port: posted.port, method: 'POST', path: '/' }, ({ statusCode }) => resolve(statusCode))
    chunked.on('error', () => {})
    for (let i = 0; i < 10; i++) chunked.write('01234')
    chunked.end()
  })
  assert.equal(status, 413)
  assert.deepEqual(await posted.batch(1000), ['0123456789'])
})

test('with enough requests under way others are answered with 429, and with enough blocks that wait', async (t) => {
  const posted = await Posted.open(t, { maxWaiting: 2, maxBlocks: 1 })
  const held = await Promise.all(
    [1, 2].map(
      () =>
        new Promise<ReturnType<typeof connect>>((resolve) => {
          const socket = connect(posted.port, '127.0.0.1', () => {
            socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\n\r\nab', () => resolve(socket))
          })
        }),
    ),
  )
  let answer = await posted.post('x')
  // The two may not have been taken yet.
  while (answer.status === 200) {
    await posted.batch(Date.now())
    answer = await posted.post('x')
  }
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [429, '1'])
  for (const socket of held) {
    socket.write('cd')
    assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 200 /)
    socket.destroy()
  }
  await posted.batch(Date.now())
  while ((await posted.post('y')).status !== 200) await posted.batch(Date.now())
  const full = await posted.post('z')
  assert.deepEqual([full.status, full.body.error], [429, '1 blocks wait for a batch'])
})

test('a request whose records cannot be stored is answered with 503, and may be sent again', async (t) => {
  const { blobs } = memoryIo()
  let isFull = true
  const failing = Object.assign(Object.create(blobs) as typeof blobs, {
    putNew: async (key: string, bytes: Uint8Array) => {
      if (isFull) throw new Error('disk full')
      await blobs.putNew(key, bytes)
    },
    list: (prefix: string) => blobs.list(prefix),
    get: (key: string) => blobs.get(key),
  })
  const posted = await Posted.open(t, {}, failing)
  assert.equal((await posted.post('a')).status, 503)
  isFull = false
  assert.equal((await posted.post('a')).status, 200)
  assert.deepEqual(await posted.batch(1000), ['a'])
})

test('other paths, methods and packings are refused, as are pages and names that lead here', async (t) => {
  const posted = await Posted.open(t, { path: '/in' })
  const statuses = await Promise.all([
    posted.post('a'),
    posted.post('', { path: '/in', method: 'GET' }),
    posted.post('a', { path: '/in', headers: { 'content-encoding': 'gzip' } }),
    posted.post('a', { path: '/in', headers: { origin: 'https://example.com' } }),
    posted.post('a', { path: '/in?from=test' }),
  ])
  assert.deepEqual(statuses.map(({ status }) => status), [404, 405, 415, 403, 200]) // prettier-ignore
})

/** Names of machines are looked up before anything listens. */
async function reachable(port: number, host: string): Promise<void> {
  const socket = connect(port, host)
  const isOpen = await once(socket, 'connect').then(
    () => true,
    () => false,
  )
  socket.destroy()
  if (!isOpen) await reachable(port, host)
}

/** What a request comes to that asks for this name: `fetch` lets nobody choose it. */
const statusAs = (
  port: number,
  name: string,
  { at = '127.0.0.1', ...more }: Readonly<Record<string, string>> = {},
): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = { ...more, host: name }
    const asked = request({ host: at, port, method: 'POST', headers }, (answer) => {
      answer.resume()
      resolve(answer.statusCode!)
    })
    asked.on('error', reject).end('a')
  })

const OWN = ['localhost', 'localhost:8080', '127.0.0.1', '127.1.2.3:80', '[::1]', '[::1]:8080']
const FOREIGN = ['evil.example', '127.evil.example', '127.0.0.1.evil.example', 'localhost.evil', '10.0.0.1']

test('a receiver of this machine is asked for under a name of this machine, or refuses', async (t) => {
  for (const host of ['127.0.0.1', 'localhost']) {
    const { port } = await Posted.open(t, { host })
    await reachable(port, host)
    for (const name of OWN) assert.equal(await statusAs(port, name, { at: host }), 200, `${host} as ${name}`)
    for (const name of FOREIGN) assert.equal(await statusAs(port, name, { at: host }), 403, `${host} as ${name}`)
    const nameless = connect(port, host).end('POST / HTTP/1.0\r\ncontent-length: 1\r\n\r\na')
    assert.match(String((await once(nameless, 'data'))[0]), /^HTTP\/1\.1 403 /)
    nameless.destroy()
  }
})

test('a receiver that all may reach is asked for under any name, by pages too', async (t) => {
  const { port } = await Posted.open(t, { host: '0.0.0.0' })
  for (const name of [...OWN, ...FOREIGN]) assert.equal(await statusAs(port, name), 200, name)
  assert.equal(await statusAs(port, 'feeds.example', { origin: 'https://feeds.example' }), 200)
})

test('a stop answers what is under way, and takes no more', async (t) => {
  const posted = await Posted.open(t)
  const headers = { 'content-type': 'text/plain', expect: '100-continue' }
  const sent = request({ host: '127.0.0.1', port: posted.port, method: 'POST', path: '/', headers })
  sent.flushHeaders()
  // The server has seen it, and waits for its body.
  await once(sent, 'continue')
  const stopped = posted.stop()
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>
  sent.end('last')
  const [answer] = await answered
  answer.resume()
  await stopped
  // A connection that is kept would hold the stop up for seconds.
  assert.deepEqual([answer.statusCode, answer.headers.connection], [200, 'close'])
  assert.deepEqual(await posted.batch(1000), ['last'])
  await assert.rejects(posted.post('late'))
})

test('what is stopped before it listens does not listen after that', async (t) => {
  const posted = await Posted.open(t, { host: 'localhost' })
  await posted.stop()
  // Asked later than the receiver, and so answered later.
  await lookup('localhost')
  await new Promise(setImmediate)
  await assert.rejects(statusAs(posted.port, 'localhost', { at: 'localhost' }), { code: 'ECONNREFUSED' })
})
