import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appsInTable } from '../../../../lib/adapters/aws/dynamo/apps-in-table.ts'
import { DynamoHeadStore } from '../../../../lib/adapters/aws/dynamo/dynamo-head-store.ts'
import { appFolder } from '../../../../lib/hosts/program/app-folder.ts'
import { emulated } from '../emulated.ts'

const { clients, table } = await emulated()

test('the apps of a table are those that have a head there, whatever they are called', async () => {
  const names = ['orders', 'orders: köln', 'orders: k ln', '日本'].map(appFolder)
  for (const name of names) await new DynamoHeadStore(clients, table, name).cas(0, { of: name }, 'create')
  const { client, sdk } = await clients.dynamoWrites()
  const other = { pk: { S: 'no-head' }, sk: { S: 'something else' } }
  await client.send(new sdk.PutItemCommand({ TableName: table, Item: other }))
  assert.deepEqual(await appsInTable(clients, table), names.toSorted())
  for (const name of names)
    assert.deepEqual((await new DynamoHeadStore(clients, table, name).read())?.value, { of: name })
})

test('a table that is not there holds no apps, and says so', async () => {
  assert.equal(await appsInTable(clients, 'no-such-table'), null)
})
