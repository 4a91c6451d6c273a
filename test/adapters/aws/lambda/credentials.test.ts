import assert from 'node:assert/strict'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { jsonLines } from '../../../../lib/adapters/local/json-lines.ts'
import type { StreamingContext } from '../../../../lib/index.ts'
import { s3TextFiles } from '../../../../lib/adapters/aws/s3/s3-files.ts'
import { emulated } from '../emulated.ts'
import { deployed } from './deployment.ts'

const servers = await emulated()
const SECRETS = ['first-secret-of-the-stage', 'second-secret-of-the-stage']
/** The SDK asks for new ones so long before the old ones expire. */
const AHEAD_MS = 5 * 60_000

/** Stands before S3, and turns away whoever comes with a key that is no longer good. */
async function gateBefore(t: TestContext, target: string) {
  const [refused, turnedAway]: [Set<string>, string[]] = [new Set(), []]
  const server = createServer((asked, answer) => {
    const [, key] = /Credential=([^/]+)/.exec(asked.headers.authorization ?? '') ?? []
    if (refused.has(key)) {
      turnedAway.push(asked.method!)
      asked.resume()
      answer.writeHead(400, { 'content-type': 'application/xml' })
      answer.end(`<Error><Code>ExpiredToken</Code><Message>The token of ${key} has expired.</Message></Error>`)
      return
    }
    const { hostname, port } = new URL(target)
    const { url: path, method, headers } = asked
    const carried = request({ hostname, port, path, method, headers }, (got) => {
      answer.writeHead(got.statusCode!, got.headers)
      got.pipe(answer)
    })
    asked.pipe(carried)
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, refused, turnedAway }
}

/** Enough words that a batch stores objects of its own. */
const words = Array.from({ length: 4000 }, (_, i) => `word${i}`).join(' ')

const counting = (ssc: StreamingContext, place: string): void =>
  ssc
    .source('lines', s3TextFiles(`${place}/in`))
    .flatMap((line) => line.split(' '))
    .map((word) => [word, 1] as [string, number])
    .updateStateByKey<number>((added, sum) => added.reduce((a, b) => a + b, sum ?? 0))
    .saveAsTextFiles(`${place}/out/counts`)

test('F66: credentials that expire in mid-batch are fetched anew, each word counts once, none is said', async (t) => {
  const gate = await gateBefore(t, servers.emulators.s3)
  // Each client asks for itself, every half second; once one was turned away there are others.
  const credentials = async () => {
    const isFirst = gate.turnedAway.length === 0
    const lastsMs = isFirst ? AHEAD_MS + 500 : 2 * AHEAD_MS
    const expiration = new Date(Date.now() + lastsMs)
    if (isFirst) return { accessKeyId: 'KEY0', secretAccessKey: SECRETS[0], expiration }
    return { accessKeyId: 'KEY1', secretAccessKey: SECRETS[1], expiration }
  }
  const lines: string[] = []
  const { put, tick, head, saved } = await deployed(servers, counting, {
    identity: { credentials, endpoints: { AWS_ENDPOINT_URL_S3: gate.url } },
    log: jsonLines((line) => void lines.push(line)),
    // The first key is no longer good once the second batch stores something.
    between: (send, { constructor: { name } }) => {
      if (name === 'PutObjectCommand' && batch === 2) gate.refused.add('KEY0')
      return send()
    },
  })
  let batch = 1
  await put('one', words)
  assert.deepEqual(await tick(), { busy: false, batches: 1, committed: 1 })
  batch = 2
  await put('two', words)
  // All attempts of a tick may come before the client asks again.
  for (let ticks = 0; ticks < 5 && (await head()).committed < 2; ticks++) {
    await tick().catch(() => {})
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  assert.ok(gate.turnedAway.includes('PUT'))
  const [, counts] = await saved()
  assert.equal(Object.keys(counts).length, 4000)
  assert.ok(Object.values(counts).every((count) => count === 2))
  const said = lines.join('')
  assert.match(said, /"task-failed","batch":2.*E_BLOB_UNREACHABLE.*ExpiredToken/)
  for (const secret of SECRETS) assert.ok(!said.includes(secret))
})
