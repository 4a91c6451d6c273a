import assert from 'node:assert/strict'
import { test } from 'node:test'
import { awsClients } from '../../../../lib/adapters/aws/clients.ts'
import { DynamoHeadStore } from '../../../../lib/adapters/aws/dynamo/dynamo-head-store.ts'
import type { SluiceError } from '../../../../lib/model/errors.ts'
import { headStoreContract } from '../../../../lib/testing/contracts/head-store.ts'
import { emulated } from '../emulated.ts'

const { clients, table, fresh } = await emulated()

headStoreContract('DynamoDB head (dynalite)', async () => {
  const app = fresh()
  return { connect: async () => new DynamoHeadStore(clients, table, app) }
})

test('apps of one table know nothing of each other', async () => {
  const [one, other] = [new DynamoHeadStore(clients, table, fresh()), new DynamoHeadStore(clients, table, fresh())]
  await one.cas(0, 'one', 'create')
  assert.equal(await other.read(), null)
})

test('a table that is not there is an error that no second try mends', async () => {
  const head = new DynamoHeadStore(clients, 'no-such-table', fresh())
  await assert.rejects(
    head.cas(0, 'x', 'create'),
    (error: SluiceError) => error.code === 'E_HEAD_WRITE' && !error.retry,
  )
  await assert.rejects(head.read(), (error: SluiceError) => error.code === 'E_HEAD_READ' && !error.retry)
})

test('a write that nobody answers is neither written nor refused: it says so, and may be looked up', async () => {
  const nobody = awsClients({ AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' })
  await assert.rejects(
    new DynamoHeadStore(nobody, table, fresh()).cas(0, 'x', 'create'),
    (error: SluiceError) => error.code === 'E_HEAD_WRITE' && error.retry,
  )
})

test('F10: the head is read as it is, on a table whose other reads lag behind', async () => {
  const name = fresh()
  const head = new DynamoHeadStore<string>(clients, table, name)
  await head.cas(0, 'old', 'create')
  const { client, sdk } = await clients.dynamoReads()
  const old = await client.send(
    new sdk.GetItemCommand({ TableName: table, Key: { pk: { S: name }, sk: { S: 'head' } }, ConsistentRead: true }),
  )
  await head.cas(1, 'new', 'commit')
  const send = async (command: { readonly input: { readonly ConsistentRead?: boolean } }): Promise<unknown> =>
    command.input.ConsistentRead ? client.send(command as never) : old
  const lagging = { ...clients, dynamoReads: async () => ({ sdk, client: { send } as never }) }
  assert.deepEqual(await new DynamoHeadStore<string>(lagging, table, name).read(), { rev: 2, value: 'new' })
})
