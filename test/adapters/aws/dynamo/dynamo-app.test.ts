import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dynamoApp } from '../../../../lib/adapters/aws/dynamo/dynamo-app.ts'
import { DynamoHeadStore } from '../../../../lib/adapters/aws/dynamo/dynamo-head-store.ts'
import { DynamoRegister } from '../../../../lib/adapters/aws/dynamo/dynamo-register.ts'
import { hasCode } from '../../../../lib/model/errors.ts'
import { headStoreContract } from '../../../../lib/testing/contracts/head-store.ts'
import { emulated } from '../emulated.ts'

const { clients, table, fresh } = await emulated()

headStoreContract('DynamoDB head, read with the control record', async () => {
  const app = fresh()
  return { connect: async () => dynamoApp(clients, table, app).head }
})

headStoreContract('DynamoDB control record', async () => {
  const app = fresh()
  return { connect: async () => ({ ...bound(dynamoApp(clients, table, app).control), async close() {} }) }
})

const bound = ({ read, cas }: ReturnType<typeof dynamoApp>['control']) => ({ read, cas })

test('head and control record are two registers, and neither is written by writing the other', async () => {
  const app = fresh()
  const { head, control } = dynamoApp(clients, table, app)
  await head.cas(0, 'the head', 'create')
  assert.equal(await control.read(), null)
  await control.cas(0, 'a word', 'pause')
  await control.cas(1, 'another word', 'resume')
  assert.deepEqual(await head.read(), { rev: 1, value: 'the head' })
  assert.deepEqual(await new DynamoHeadStore(clients, table, app).read(), { rev: 1, value: 'the head' })
  assert.deepEqual(await control.read(), { rev: 2, value: 'another word' })
})

test('one request brings both, once: what is asked later is read anew', async () => {
  const app = fresh()
  const sent: string[] = []
  const { client, sdk } = await clients.dynamoReads()
  const send = (command: object): Promise<unknown> => {
    sent.push(command.constructor.name)
    return client.send(command as never)
  }
  const counting = { ...clients, dynamoReads: async () => ({ sdk, client: { send } as never }) }
  const { head, control } = dynamoApp(counting, table, app)
  const elsewhere = dynamoApp(clients, table, app).control
  await head.cas(0, 'the head', 'create')
  await elsewhere.cas(0, 'a word', 'pause')
  await head.read()
  assert.deepEqual(await control.read(), { rev: 1, value: 'a word' })
  assert.deepEqual(sent, ['QueryCommand'])
  await elsewhere.cas(1, 'another', 'resume')
  assert.deepEqual(await control.read(), { rev: 2, value: 'another' })
  assert.deepEqual(sent, ['QueryCommand', 'GetItemCommand'])
})

test('a control record that somebody broke by hand keeps nobody from reading the head', async () => {
  const app = fresh()
  const { head, control } = dynamoApp(clients, table, app)
  await head.cas(0, 'the head', 'create')
  const { client, sdk } = await clients.dynamoWrites()
  const broken = { pk: { S: app }, sk: { S: 'ctrl' }, rev: { N: '7' }, value: { S: '{"paused":' } }
  await client.send(new sdk.PutItemCommand({ TableName: table, Item: broken }))
  assert.deepEqual(await head.read(), { rev: 1, value: 'the head' })
  assert.deepEqual(await control.read(), { rev: 7, value: null })
})

test('a control record in a table that is not there is an error of its own', async () => {
  const record = new DynamoRegister(clients, 'no-such-table', fresh(), 'ctrl')
  await assert.rejects(record.read(), (error) => hasCode(error, 'E_CONTROL_READ'))
  await assert.rejects(record.cas(0, 'x', 'pause'), (error) => hasCode(error, 'E_CONTROL_WRITE'))
})
