import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { bounded, clientsUntil } from '../../../lib/adapters/aws/bounded.ts'
import { awsClients } from '../../../lib/adapters/aws/clients.ts'
import { S3BlobStore } from '../../../lib/adapters/aws/s3/s3-blob-store.ts'
import { filesBelow, withoutComments } from '../../house/source-files.ts'

Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' })

/** Clients of a server that answers like this. */
async function clientsOf(answer: RequestListener) {
  const server = createServer(answer)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return awsClients({ AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: url })
}

test('F68: a call that is never answered ends at its deadline, as one whose connection broke off', async () => {
  const { client, sdk } = await (await clientsOf(() => {})).s3()
  const hurried = bounded(client, { service: 'S3', deadlineMs: 50 })
  await assert.rejects(hurried.send(new sdk.HeadBucketCommand({ Bucket: 'b' })), {
    code: 'ETIMEDOUT',
    message: 'S3 did not answer within 0 s',
  })
})

test('F33: a deadline does not wait for the next attempt of a client', async () => {
  const requests: number[] = []
  const { client, sdk } = await (
    await clientsOf((_asked, answer) => {
      requests.push(1)
      answer.writeHead(503, { 'retry-after': '30' }).end()
    })
  ).s3()
  const hurried = bounded(client, { service: 'S3', deadlineMs: 200 })
  await assert.rejects(hurried.send(new sdk.HeadBucketCommand({ Bucket: 'b' })), { code: 'ETIMEDOUT' })
  assert.ok(requests.length >= 1)
})

test('F25: calls end with the signal of their invocation, none begins, and what was under way is cut off', async () => {
  let closed = 0
  const clients = await clientsOf((_asked, answer) => {
    answer.on('close', () => closed++)
    answer.writeHead(200, { 'content-length': 1000 })
    answer.write(Buffer.alloc(10))
  })
  const abort = new AbortController()
  const reason = new Error('the time is over')
  const blobs = new S3BlobStore(clientsUntil(clients, abort.signal), 'b', '')
  const reading = blobs.get('half')
  reading.catch(() => {})
  while (closed === 0 && !abort.signal.aborted) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    abort.abort(reason)
  }
  await assert.rejects(reading)
  await assert.rejects(blobs.putNew('late', Buffer.from('x')), reason)
  while (closed === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  assert.equal(closed, 1)
})

test('every client of a service is given a deadline for its calls, where it is made', () => {
  const made = filesBelow('lib')
    // Texts of programs that users begin with.
    .filter(({ path }) => !path.includes('/templates/'))
    .map(({ path, text }) => ({ path, text: withoutComments(text) }))
    .map(({ path, text }) => ({
      path,
      clients: [...text.matchAll(/new ([\w#]+\.)*\w+Client\(/g)].length,
      bounded: [...text.matchAll(/await equipped\(|bounded\(new /g)].length,
    }))
    .filter(({ clients }) => clients > 0)
  assert.ok(made.some(({ path }) => path.endsWith('adapters/aws/clients.ts')))
  assert.deepEqual(
    made.filter(({ clients, bounded }) => clients !== bounded),
    [],
  )
})
