import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { BatchGetItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import { createStores, startEmulators } from '../../../lib/hosts/offline/emulators.ts'

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }

test('emulators that close while 200 requests are under way answer some, refuse the others, and go', async () => {
  const emulators = await startEmulators()
  await createStores(emulators, 'heads', 'blobs')
  const client = new DynamoDBClient({ region: 'us-east-1', endpoint: emulators.dynamodb, credentials, maxAttempts: 1 })
  const keys = Array.from({ length: 100 }, (_, i) => ({ pk: { S: 'a' }, sk: { S: String(i) } }))
  for (const key of keys) await client.send(new PutItemCommand({ TableName: 'heads', Item: key }))
  const ask = (): Promise<number | string | undefined> =>
    client.send(new BatchGetItemCommand({ RequestItems: { heads: { Keys: keys } } })).then(
      (found) => found.Responses!['heads']?.length,
      () => 'refused',
    )
  const answers = Array.from({ length: 200 }, ask)
  await answers[0]
  const closed = emulators.close()
  client.destroy()
  await closed
  assert.deepEqual(new Set(await Promise.all(answers)), new Set([100, 'refused']))
})

test('a client that is killed in the middle of a request ends that request, not the emulators', async () => {
  const emulators = await startEmulators()
  await createStores(emulators, 'heads', 'blobs')
  const { hostname, port } = new URL(emulators.dynamodb)
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  socket.write(
    'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: 100\r\n\r\n{"Tab',
  )
  await new Promise((resolve) => setTimeout(resolve, 20))
  socket.resetAndDestroy()

  const client = new DynamoDBClient({ region: 'us-east-1', endpoint: emulators.dynamodb, credentials })
  const key = { pk: { S: 'a' }, sk: { S: 'b' } }
  const { Item } = await client.send(new GetItemCommand({ TableName: 'heads', Key: key }))
  assert.equal(Item, undefined)

  const half = connect(Number(port), hostname)
  await once(half, 'connect')
  half.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"Tab')
  await client.send(new GetItemCommand({ TableName: 'heads', Key: key }))
  client.destroy()
  half.on('error', () => {})
  await emulators.close()
})
