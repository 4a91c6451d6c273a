import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { findLocalStack, startLocalStack } from '../../infra/servers/localstack.ts'
import { awsClients } from '../../lib/adapters/aws/clients.ts'
import { s3TextFiles } from '../../lib/adapters/aws/s3/s3-files.ts'
import type { Json } from '../../lib/model/json.ts'
import { memoryIo, readAll } from '../../lib/testing/contracts/source.ts'
import { s3ArrivalsLaw } from '../adapters/aws/s3/s3-arrivals-law.ts'

const python = findLocalStack()
if (!python) throw new Error('needs LocalStack (infra/localstack/install.sh)')

const stack = await startLocalStack(python)
after(() => stack.stop())
const environment = { ...stack.environment, AWS_ENDPOINT_URL: stack.url }
Object.assign(process.env, environment)
const clients = awsClients(environment)
const bucket = 'drops'
const s3 = await clients.s3()
await s3.client.send(new s3.sdk.CreateBucketCommand({ Bucket: bucket }))
let names = 0

s3ArrivalsLaw('LocalStack', {
  clients,
  environment,
  bucket,
  shown: async (hidden) => {
    while ((await hidden()) > 0) await setTimeout(100)
  },
  fresh: () => `run-${++names}`,
})

test('LocalStack: what a bucket itself tells its queue is read, whatever the keys look like', async () => {
  const sqs = await clients.sqs()
  const { QueueUrl: queueUrl } = await sqs.client.send(new sqs.sdk.CreateQueueCommand({ QueueName: 'events' }))
  const { Attributes: found } = await sqs.client.send(
    new sqs.sdk.GetQueueAttributesCommand({ QueueUrl: queueUrl!, AttributeNames: ['QueueArn'] }),
  )
  const told = 'told'
  await s3.client.send(new s3.sdk.CreateBucketCommand({ Bucket: told }))
  await s3.client.send(
    new s3.sdk.PutBucketNotificationConfigurationCommand({
      Bucket: told,
      NotificationConfiguration: {
        QueueConfigurations: [{ QueueArn: found!['QueueArn']!, Events: ['s3:ObjectCreated:*'] }],
      },
    }),
  )
  const source = s3TextFiles(`s3://${told}/in`, { events: { queueUrl: queueUrl! }, recursive: true })
  const io = memoryIo()
  const got: string[] = []
  let position: Json | null = null
  const batch = async (time: number): Promise<void> => {
    const cut = (await source.cut({ time, intervalMs: 1000, zeroTime: 0, position, limit: null, io }))!
    got.push(...(await readAll(source, cut.splits, io)))
    position = cut.position
    await source.committed!(position, io)
  }
  // The first one lists: what comes from here on is known from messages.
  await batch(1000)
  const keys = ['plain', 'a b', 'a+b', '100%25', 'ü/../x', 'deep/er']
  for (const key of keys)
    await s3.client.send(new s3.sdk.PutObjectCommand({ Bucket: told, Key: `in/${key}`, Body: key }))
  for (let i = 2; got.length < keys.length && i < 100; i++) await batch(i * 1000)
  assert.deepEqual(got.toSorted(), keys.toSorted())
})
