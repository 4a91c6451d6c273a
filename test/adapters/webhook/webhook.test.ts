import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { getDefaultResultOrder, setDefaultResultOrder } from 'node:dns'
import { type AddressInfo, getDefaultAutoSelectFamily, setDefaultAutoSelectFamily } from 'node:net'
import { test, type TestContext } from 'node:test'
import { ManualClock } from '../../../lib/adapters/local/manual-clock.ts'
import { hasCode, type SluiceError } from '../../../lib/model/errors.ts'
import { webhook } from '../../../lib/adapters/index.ts'
import { AddressRule } from '../../../lib/adapters/webhook/address.ts'
import { waitOf } from '../../../lib/adapters/webhook/webhook.ts'
import { delivery } from '../../../lib/testing/contracts/sink-rows.ts'

interface Received {
  readonly method: string
  readonly path: string
  readonly key: string
  readonly type: string
  readonly body: string
}

const allowed = { allowAddresses: ['127.0.0.1'] }

test('webhook: each partition is one request with its own key, and records as JSON', async (t) => {
  const { url, received } = await receiver(t, () => ({ status: 204 }))
  const sink = webhook<string>(`${url}/in`, allowed)
  await sink.write(['a', 'ü'], delivery(1, 0, 2))
  await sink.write(['b'], delivery(1, 1, 2))
  assert.deepEqual(received, [
    { method: 'POST', path: '/in', key: 'app/one/rows/1/0', type: 'application/json', body: '["a","ü"]' },
    { method: 'POST', path: '/in', key: 'app/one/rows/1/1', type: 'application/json', body: '["b"]' },
  ])
})

test('webhook: body and headers are what the program says, but never the key', async (t) => {
  const { url, received } = await receiver(t, () => ({ status: 200 }))
  const sink = webhook<number>(url, {
    ...allowed,
    headers: { 'content-type': 'text/csv', 'Idempotency-Key': 'mine' },
    body: (records, { batch }) => `${batch};${records.join()}`,
  })
  await sink.write([1, 2], delivery(3))
  assert.deepEqual(received, [{ method: 'POST', path: '/', key: 'app/one/rows/3/0', type: 'text/csv', body: '3;1,2' }])
})

test('webhook: 429 and 5xx are repeated under the same key until the other side is well', async (t) => {
  const { url, received } = await receiver(t, (n) => ({ status: [429, 500, 503, 200][n] }))
  await webhook<string>(url, allowed).write(['a'], delivery(1))
  assert.deepEqual(new Set(received.map(({ key, body }) => key + body)), new Set(['app/one/rows/1/0["a"]']))
  assert.equal(received.length, 4)
})

test('webhook: the wait between attempts grows, and is as long as the other side asks for', async (t) => {
  const { url, received } = await receiver(t, (n) => ({
    status: n < 2 ? 503 : 200,
    ...(n === 1 ? { headers: { 'retry-after': '7' } } : {}),
  }))
  const clock = new ManualClock()
  const waits: number[] = []
  const counting = {
    now: () => clock.now(),
    sleepUntil: async (time: number) => {
      waits.push(time - clock.now())
    },
  }
  await webhook<string>(url, allowed).write(['a'], { ...delivery(1), clock: counting })
  assert.equal(received.length, 3)
  assert.ok(waits[0] >= 25 && waits[0] <= 50, `${waits[0]} ms`)
  assert.equal(waits[1], 7_000)
})

test('webhook: who is asked to stay away for long gives up, and the error says for how long', async (t) => {
  const { url, received } = await receiver(t, () => ({ status: 503, headers: { 'retry-after': '120' } }))
  await assert.rejects(
    webhook<string>(url, allowed).write(['a'], { ...delivery(1), clock: new ManualClock() }),
    (error) => hasCode(error, 'E_SINK_UNAVAILABLE') && error.retryAfterMs === 120_000,
  )
  assert.equal(received.length, 1)
})

test('webhook: Retry-After counts in seconds, or to a date by the clock of the answer', () => {
  const date = 'Sun, 06 Nov 1994 08:49:37 GMT'
  assert.equal(waitOf('3', date), 3000)
  assert.equal(waitOf('Sun, 06 Nov 1994 08:49:40 GMT', date), 3000)
  assert.equal(waitOf('Sunday, 06-Nov-94 08:50:37 GMT', date), 60_000)
  assert.equal(waitOf('Sun Nov  6 08:49:36 1994', date), 0)
  for (const text of ['soon', '', '-1', '1.5', '+3']) assert.equal(waitOf(text, date), null, text)
  assert.equal(waitOf('Sun, 06 Nov 1994 08:49:40 GMT', ''), null)
})

test('webhook: a side that never recovers is an error that may be retried', async (t) => {
  const { url, received } = await receiver(t, () => ({ status: 500 }))
  await assert.rejects(
    webhook(url, { ...allowed, attempts: 3 }).write([1], delivery(1)),
    (error) => hasCode(error, 'E_SINK_UNAVAILABLE') && error.retry,
  )
  assert.equal(received.length, 3)
})

test('webhook: a refusal is an error at once, and nothing that is secret is in it', async (t) => {
  const { url, received } = await receiver(t, () => ({ status: 401 }))
  const sink = webhook(`${url}/hooks/path-secret?token=query-secret`, {
    ...allowed,
    headers: { authorization: 'Bearer header-secret' },
  })
  await assert.rejects(
    sink.write([1], delivery(1)),
    (error) =>
      hasCode(error, 'E_SINK_REJECTED') && !/(path|query|header)-secret/.test(JSON.stringify(error) + error.stack),
  )
  assert.equal(received.length, 1)
})

test('B52: webhook: a redirect is not followed', async (t) => {
  const { url, received } = await receiver(t, () => ({ status: 302, headers: { location: '/elsewhere' } }))
  await assert.rejects(
    webhook(url, allowed).write([1], delivery(1)),
    (error) => hasCode(error, 'E_SINK_REJECTED') && /redirect/.test(error.message),
  )
  assert.deepEqual(
    received.map(({ path }) => path),
    ['/'],
  )
})

test('webhook: no answer in time is an error that may be retried', async (t) => {
  const { url } = await receiver(t, () => null)
  await assert.rejects(
    webhook(url, { ...allowed, timeoutMs: 50, attempts: 2 }).write([1], delivery(1)),
    (error) => hasCode(error, 'E_SINK_UNAVAILABLE') && /within 50 ms/.test(error.message),
  )
})

test('webhook: a delivery that is given up stops waiting', async (t) => {
  const { url, received } = await receiver(t, () => ({ status: 503 }))
  const abort = new AbortController()
  const clock = { now: () => 0, sleepUntil: async () => abort.abort(new Error('stopping')) }
  await assert.rejects(webhook(url, allowed).write([1], { ...delivery(1), signal: abort.signal, clock }), /stopping/)
  assert.equal(received.length, 1)
})

test(
  'B52: webhook: this machine, its neighbours and metadata services are refused however they are ' + 'written',
  async () => {
    const targets = [
      'http://127.0.0.1/',
      'http://127.1/',
      'http://2130706433/',
      'http://0x7f.1/',
      'http://0/',
      'http://[::1]/',
      'http://[::ffff:127.0.0.1]/',
      'http://[::ffff:a9fe:a9fe]/',
      'http://[64:ff9b::7f00:1]/',
      'http://169.254.169.254/latest/meta-data',
      'http://[fe80::1]/',
      'http://[fd00:ec2::254]/',
      'http://0.255.255.255/',
      'http://127.255.255.254/',
      'http://169.254.0.1/',
      'http://224.0.0.1/',
      'http://255.255.255.255/',
      'http://[::]/',
      'http://[febf::1]/',
      'http://[ff02::1]/',
      'http://localhost/',
      'https://localhost:1/',
    ]
    for (const target of targets)
      await assert.rejects(webhook(target).write([1], delivery(1)), (error) => hasCode(error, 'E_SINK_ADDRESS'), target)
  },
)

test('B52: webhook: what is next to the refused networks may be called, and so may what is allowed', () => {
  const rule = new AddressRule(['10.0.0.0/8', '::1', '127.0.0.1', 'fe80::/16'])
  const next = ['1.0.0.0', '126.255.255.255', '128.0.0.1', '169.253.255.255', '169.255.0.0', '223.255.255.255']
  const far = ['8.8.8.8', '2001:db8::1', 'fec0::1', 'fd00:ec3::1']
  const named = ['10.1.2.3', '127.0.0.1', '::ffff:127.0.0.1', '::1', 'fe80::1']
  for (const address of [...next, ...far, ...named]) assert.equal(rule.permits(address), true, address)
  for (const address of ['127.0.0.2', '::2', 'fe81::1', 'fd00:ec2:1::1', '::ffff:127.0.0.2'])
    assert.equal(rule.permits(address), false, address)
  for (const entry of ['', 'localhost', '10.0.0', '10.0.0.0.0/8'])
    assert.throws(
      () => webhook('http://example.com/', { allowAddresses: [entry] }),
      (error) => hasCode(error, 'E_SINK_ADDRESS') && error.message.startsWith(JSON.stringify(entry)),
    )
})

test('B52: webhook: a name is called at the address that was looked at, where that is allowed', async (t) => {
  const { url, received } = await receiver(t, () => ({ status: 200 }))
  const named = url.replace('127.0.0.1', 'localhost')
  const hosts = { allowHosts: [new URL(named).host.toUpperCase()] }
  await assert.rejects(webhook(named).write([1], delivery(1)), (error) => hasCode(error, 'E_SINK_ADDRESS'))
  await webhook(named, { ...hosts, allowAddresses: ['127.0.0.0/8', '::1'] }).write([1], delivery(1))
  assert.equal(received.length, 1)
})

test('webhook: a name is called also where a process asks for one address of it', async (t) => {
  const before = { order: getDefaultResultOrder(), all: getDefaultAutoSelectFamily() }
  setDefaultResultOrder('ipv4first')
  setDefaultAutoSelectFamily(false)
  t.after(() => {
    setDefaultResultOrder(before.order)
    setDefaultAutoSelectFamily(before.all)
  })
  const { url, received } = await receiver(t, () => ({ status: 200 }))
  const named = url.replace('127.0.0.1', 'localhost')
  await webhook(named, { allowAddresses: ['127.0.0.0/8', '::1'], attempts: 1 }).write([1], delivery(1))
  assert.equal(received.length, 1)
})

/** Long before the other side is given up. */
const SOON = { timeout: 20_000 }

test('webhook: what is given up while the other side is silent ends at once with the reason', SOON, async (t) => {
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  const { url, received } = await receiver(t, () => {
    resolve()
    return null
  })
  const giveUp = new AbortController()
  const sink = webhook<string>(url, { ...allowed, attempts: 1, timeoutMs: 60_000 })
  const sent = sink.write(['a'], { ...delivery(1), signal: giveUp.signal })
  await asked
  giveUp.abort(new Error('no time left'))
  await assert.rejects(sent, { message: 'no time left' })
  assert.equal(received.length, 1)
})

test('webhook: bytes, text and values have their types; a program may PUT them', async (t) => {
  const { url, received } = await receiver(t, () => ({ status: 299 }))
  for (const body of [Uint8Array.of(0x61), 'a', { a: 1n }])
    await webhook<string>(url, { ...allowed, method: 'PUT', body: () => body }).write(['x'], delivery(1))
  assert.deepEqual(
    received.map(({ method, type, body }) => [method, type, body]),
    [
      ['PUT', 'application/octet-stream', 'a'],
      ['PUT', 'text/plain; charset=utf-8', 'a'],
      ['PUT', 'application/json', '{"a":1}'],
    ],
  )
  await webhook<string>(url, allowed).write(['x'], delivery(1))
  assert.equal(received[3].method, 'POST')
})

test('webhook: what may pass is repeated five times at the most, anything else is said at once', async (t) => {
  const outcome = async (status: number): Promise<string> => {
    const { url, received } = await receiver(t, () => ({ status }))
    const clock = { now: () => 0, sleepUntil: async () => {} }
    const code = await webhook<string>(url, allowed)
      .write(['a'], { ...delivery(1), clock })
      .then(
        () => 'ok',
        ({ code: said, message }: SluiceError) => (message.includes('a redirect') ? `${said} redirect` : said),
      )
    return `${received.length} ${code}`
  }
  const of = { ok: [200, 204, 299], again: [408, 425, 429, 500, 599], never: [400, 404, 424, 499] }
  for (const status of of.ok) assert.equal(await outcome(status), '1 ok', `${status}`)
  for (const status of of.again) assert.equal(await outcome(status), '5 E_SINK_UNAVAILABLE', `${status}`)
  for (const status of [300, 304, 399]) assert.equal(await outcome(status), '1 E_SINK_REJECTED redirect', `${status}`)
  for (const status of of.never) assert.equal(await outcome(status), '1 E_SINK_REJECTED', `${status}`)
})

test('B52: webhook: a URL made from data reaches only the hosts of the list, and needs one', async (t) => {
  const { url, received } = await receiver(t, () => ({ status: 200 }))
  assert.throws(
    () => webhook((records: readonly string[]) => records[0]),
    (error) => hasCode(error, 'E_SINK_ADDRESS'),
  )
  const sink = webhook((records: readonly string[]) => records[0], { ...allowed, allowHosts: [new URL(url).host] })
  await sink.write([`${url}/in`], delivery(1))
  for (const target of [
    'http://example.com/',
    `${url.replace('127.0.0.1', 'example.com')}`,
    `http://user@example.com#${url}`,
    'file:///etc/passwd',
    'not a url',
    `${new URL(url).host}/`,
  ]) {
    await assert.rejects(sink.write([target], delivery(2)), (error) => hasCode(error, 'E_SINK_ADDRESS'), target)
  }
  assert.equal(received.length, 1)
})

type Answer = { readonly status: number; readonly headers?: Record<string, string> } | null

/**
 * A server of this machine; `answer` is asked with the number of requests before, and `null` leaves the request open.
 */
async function receiver(t: TestContext, answer: (n: number) => Answer): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    void collect(request).then((body) => {
      const { status, headers = {} } = answer(received.length) ?? { status: 0 }
      received.push({
        method: request.method!,
        path: request.url!,
        key: String(request.headers['idempotency-key']),
        type: String(request.headers['content-type']),
        body,
      })
      if (status !== 0) finish(response, status, headers)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received }
}

async function collect(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString()
}

function finish(response: ServerResponse, status: number, headers: Record<string, string>): void {
  response.writeHead(status, headers)
  response.end('whatever')
}
