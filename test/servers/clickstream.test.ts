import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { CreateStreamCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { findJava, startDynamoDbLocal } from '../../infra/servers/dynamodb-local.ts'
import { localKinesis, startKinesisLocal } from '../../infra/servers/kinesis-local.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'
import { Cli } from '../cli/cli.ts'

const java = findJava()
const skip = java ? false : 'DynamoDB Local needs Java (Debian: openjdk-17-jre-headless)'

test('the example clickstream adds each click of a stream to its page once, killed in between', { skip }, async (t) => {
  const [kinesis, dynamo] = await Promise.all([startKinesisLocal(), startDynamoDbLocal(java!)])
  const stream = localKinesis(kinesis.url)
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
  const table = new DynamoDBClient({ endpoint: dynamo.url, region: 'us-east-1', credentials })
  t.after(async () => {
    stream.destroy()
    table.destroy()
    await Promise.all([kinesis.stop(), dynamo.stop()])
  })
  await stream.send(new CreateStreamCommand({ StreamName: 'clicks', ShardCount: 2 }))
  await table.send(
    new CreateTableCommand({
      TableName: 'views',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'page', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'page', KeyType: 'HASH' }],
    }),
  )
  const click = async (count: number): Promise<void> => {
    const Records = Array.from({ length: count }, (_, i) => ({
      PartitionKey: `user${i % 7}`,
      Data: Buffer.from(JSON.stringify({ page: `/p${i % 5}`, user: `user${i % 7}` })),
    }))
    await stream.send(new PutRecordsCommand({ StreamName: 'clicks', Records }))
  }
  const views = async (): Promise<Record<string, number>> => {
    const { Items: items = [] } = await table.send(new ScanCommand({ TableName: 'views', ConsistentRead: true }))
    return Object.fromEntries(items.map(({ page, views: n }) => [page.S!, Number(n.N)]))
  }
  const until = async (count: number): Promise<void> => {
    for (let tries = 0; tries < 120; tries++) {
      if (Object.values(await views()).reduce((a, b) => a + b, 0) >= count) return
      await new Promise((resolve) => {
        setTimeout(resolve, 250)
      })
    }
  }
  const folder = await temporaryFolder(t)
  const env = {
    AWS_ENDPOINT_URL_KINESIS: kinesis.url,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  }
  const program = join(import.meta.dirname, '../../examples/clickstream.ts')
  const run = (): Cli =>
    new Cli(t, ['run', program, 'clicks', 'views', '300', '--dir', join(folder, 'state')], folder, env)

  await click(100)
  const first = run()
  await until(100)
  first.child.kill('SIGKILL')
  await first.ended
  await click(100)
  const second = run()
  await until(200)
  second.child.kill('SIGINT')
  const { code, stderr } = await second.ended
  assert.equal(code, 0, stderr)
  assert.deepEqual(await views(), { '/p0': 40, '/p1': 40, '/p2': 40, '/p3': 40, '/p4': 40 })
})
