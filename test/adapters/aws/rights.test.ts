import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { CreateTableCommand } from '@aws-sdk/client-dynamodb'
import * as kinesisSdk from '@aws-sdk/client-kinesis'
import { CreateTopicCommand } from '@aws-sdk/client-sns'
import { CreateQueueCommand } from '@aws-sdk/client-sqs'
import { localKinesis, startKinesisLocal } from '../../../infra/servers/kinesis-local.ts'
import { awsClients } from '../../../lib/adapters/aws/clients.ts'
import {
  dynamo,
  kinesis,
  kinesisSink,
  lambdaSink,
  s3TextFiles,
  snsSink,
  sqsSink,
} from '../../../lib/adapters/aws/index.ts'
import { serverlessOptions } from '../../../lib/hosts/serverless/options.ts'
import { statementsOf } from '../../../lib/hosts/serverless/policies.ts'
import { type OutputSink } from '../../../lib/index.ts'
import type { AwsRight } from '../../../lib/model/aws-right.ts'
import { deliver } from '../../../lib/testing/contracts/sink-rows.ts'
import { grantsOf, judged, type Statement } from '../../hosts/serverless/grants.ts'
import { plainNeeds } from '../../support/plain-needs.ts'
import { deployed } from './lambda/deployment.ts'
import { emulated } from './emulated.ts'
import { lambdaServer } from './lambda-server.ts'
import { type Between, wrappedClient, wrappedClients } from './wrapped-clients.ts'

const servers = await emulated()
const streams = await startKinesisLocal()
const lambda = await lambdaServer({ orders: async () => null })
const kinesisClient = localKinesis(streams.url)
after(async () => {
  kinesisClient.destroy()
  await lambda.close()
  await streams.stop()
})
await kinesisClient.send(new kinesisSdk.CreateStreamCommand({ StreamName: 'orders', ShardCount: 2 }))
const { s3: url } = servers.emulators
const clients = awsClients({
  ...servers.emulators.environment,
  AWS_ENDPOINT_URL: url,
  AWS_ENDPOINT_URL_LAMBDA: lambda.url,
})

/** What IAM calls a call, and what it is a call on. */
const CALLS: Readonly<Record<string, (input: any) => readonly [string, string]>> = {
  SendMessageBatchCommand: ({ QueueUrl }) => ['sqs:SendMessage', QueueUrl.split('/').at(-1)],
  PublishBatchCommand: ({ TopicArn }) => ['sns:Publish', TopicArn.split(':').at(-1)],
  InvokeCommand: ({ FunctionName }) => ['lambda:InvokeFunction', `function:${FunctionName}`],
  GetItemCommand: ({ TableName }) => ['dynamodb:GetItem', `table/${TableName}`],
  UpdateItemCommand: ({ TableName }) => ['dynamodb:UpdateItem', `table/${TableName}`],
  PutRecordsCommand: ({ StreamName }) => ['kinesis:PutRecords', `stream/${StreamName}`],
  DescribeStreamSummaryCommand: () => ['kinesis:DescribeStreamSummary', 'stream/orders'],
  ListShardsCommand: () => ['kinesis:ListShards', 'stream/orders'],
  GetShardIteratorCommand: () => ['kinesis:GetShardIterator', 'stream/orders'],
  GetRecordsCommand: () => ['kinesis:GetRecords', 'stream/orders'],
}

const names: string[] = []
const recording: Between = (send, { constructor: { name }, input }) => {
  const [action, resource] = CALLS[name]?.(input) ?? [name, '']
  names.push(`${action} ${resource}`)
  return send()
}

/** Holds what was called against what a deployed function with these rights may do. */
function assertAllUsed(name: 'task' | 'output', awsRights: readonly AwsRight[] = []): void {
  const rights = { sources: name === 'task' ? awsRights : [], outputs: name === 'output' ? awsRights : [] }
  const needs = { ...plainNeeds, rights }
  const stage = { service: 'a', stage: 'dev', keeps: false }
  const options = serverlessOptions({ app: 'app.ts' })
  const of = (given: typeof plainNeeds): readonly unknown[] => statementsOf(stage, name, given, options)
  const usual = of(plainNeeds).map((each) => JSON.stringify(each))
  const own = of(needs).filter((each) => !usual.includes(JSON.stringify(each)))
  const calls = names.splice(0).map((each) => {
    const [action, resource] = each.split(' ')
    return { caller: null, action, resource, prefix: null, status: 200, bytesIn: 0, bytesOut: 0 }
  })
  assert.ok(calls.length > 0)
  const grants = grantsOf(own as Statement[], '000000000000')
  // What a queue may be sent is recorded here.
  const used = grants.filter((grant) => calls.some(({ action }) => action === grant.action))
  assert.deepEqual({ ...judged(grants, calls), used: used.length }, { forbidden: [], unused: [], used: grants.length })
}

const connect = async () => wrappedClient({ client: kinesisClient, sdk: kinesisSdk }, recording)
const recorded = wrappedClients(clients, recording)

const sinks: Readonly<Record<string, () => Promise<OutputSink<string>>>> = {
  async sqsSink() {
    const { client } = await clients.sqs()
    const { QueueUrl: queueUrl } = await client.send(new CreateQueueCommand({ QueueName: 'orders' }))
    return sqsSink({ queueUrl: queueUrl! }, () => recorded)
  },
  async snsSink() {
    const { client } = await clients.sns()
    const { TopicArn: topicArn } = await client.send(new CreateTopicCommand({ Name: 'orders' }))
    return snsSink({ topicArn: topicArn! }, () => recorded)
  },
  lambdaSink: async () => lambdaSink({ functionName: 'orders' }, () => recorded),
  kinesisSink: async () => kinesisSink({ stream: 'orders', partitionKey: (text) => text }, connect),
  async dynamo() {
    const { client } = await clients.dynamoWrites()
    await client.send(
      new CreateTableCommand({
        TableName: 'orders',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      }),
    )
    return dynamo({ table: 'orders', change: (id: string) => ({ key: { id }, add: { n: 1 } }) }, () => recorded)
  },
}

for (const [name, make] of Object.entries(sinks))
  test(`least privilege: ${name} is granted each call that it makes, and nothing else`, async () => {
    const sink = await make()
    await deliver(sink, 1, [['a', 'b'], ['c']])
    await deliver(sink, 1, [['a', 'b'], ['c']])
    assertAllUsed('output', sink.awsRights)
  })

test('least privilege: kinesis(…) is granted each call that it makes, and nothing else', async () => {
  const source = kinesis({ stream: 'orders', start: 'TRIM_HORIZON' }, connect)
  const { tick } = await deployed(servers, (ssc) => ssc.source('orders', source).foreachRDD(() => {}))
  for (let batch = 0; batch < 3; batch++) await tick()
  assertAllUsed('task', source.awsRights)
})

test('a resource is in the region and account that are said, or in those of the stage', () => {
  const resourceOf = ({ awsRights = [] }: { awsRights?: readonly AwsRight[] }): string[] =>
    awsRights.map(({ resource }) => resource)
  const arn = 'arn:aws:dynamodb:eu-west-1:123456789012:table/orders'
  const key = (id: string) => ({ key: { id } })
  assert.deepEqual(resourceOf(dynamo({ table: arn, change: key })), [arn])
  assert.deepEqual(resourceOf(dynamo({ table: 'orders', change: key })), ['arn::dynamodb:::table/orders'])
  for (const [queueUrl, ...resources] of [
    ['https://sqs.eu-west-1.amazonaws.com/123456789012/orders', 'arn::sqs:eu-west-1:123456789012:orders'],
    ['http://127.0.0.1:4566/000000000000/orders', 'arn::sqs::000000000000:orders'],
    ['<where it is deployed>'],
  ])
    assert.deepEqual(resourceOf(sqsSink({ queueUrl })), resources)
  const events = { queueUrl: 'https://sqs.eu-west-1.amazonaws.com/123456789012/drops' }
  assert.deepEqual(resourceOf(s3TextFiles('s3://bucket/in', { events })), ['arn::sqs:eu-west-1:123456789012:drops'])
  for (const [functionName, qualifier, resource] of [
    ['orders', 'live', 'arn::lambda:::function:orders:live'],
    ['123456789012:function:orders', undefined, 'arn::lambda::123456789012:function:orders'],
    ['arn:aws:lambda:eu-west-1:1:function:orders', undefined, 'arn:aws:lambda:eu-west-1:1:function:orders'],
  ] as const)
    assert.deepEqual(resourceOf(lambdaSink({ functionName, ...(qualifier ? { qualifier } : {}) })), [resource])
  const place = { partitionKey: String, region: 'eu-north-1' }
  assert.deepEqual(resourceOf(kinesisSink({ stream: 'orders', ...place })), ['arn::kinesis:eu-north-1::stream/orders'])
})
