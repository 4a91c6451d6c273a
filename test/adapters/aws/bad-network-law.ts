import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreateTableCommand, ScanCommand } from '@aws-sdk/client-dynamodb'
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { type AwsClients, awsClients } from '../../../lib/adapters/aws/clients.ts'
import { dynamo, sqsSink } from '../../../lib/adapters/aws/index.ts'
import { S3BlobStore } from '../../../lib/adapters/aws/s3/s3-blob-store.ts'
import { s3FilePlace } from '../../../lib/adapters/aws/s3/s3-file-place.ts'
import { filesIn } from '../../../lib/adapters/file-sink/files.ts'
import { systemClock } from '../../../lib/adapters/local/system-clock.ts'
import { hasCode } from '../../../lib/model/errors.ts'
import type { OutputSink } from '../../../lib/output/sink.ts'
import { delivery } from '../../../lib/testing/contracts/sink-rows.ts'
import { type Dice, withSeeds } from '../../support/dice.ts'
import { bucketShelf, listedLines } from '../file-sink/read-files.ts'
import { HttpFaults, type Throttling, throttlings } from './http-faults.ts'

/** Servers that can be reached by a way that is not their own. */
interface Servers {
  readonly s3: string
  readonly dynamodb: string
  readonly sqs: string
  readonly bucket: string
  fresh(): string
}

const BATCHES = 6
const PARTITIONS = 2
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
const numbers = (batch: number, partition: number): number[] => upTo(15).map((i) => batch * 100 + partition * 50 + i)
const expected = upTo(BATCHES).flatMap((b) => upTo(PARTITIONS).flatMap((p) => numbers(b + 1, p)))

/** What sinks and stores of AWS hold over a network that does to requests what networks and busy services do. */
export function awsBadNetworkLaw(where: string, servers: Servers): void {
  const direct = (service: string, url: string): AwsClients =>
    awsClients({ AWS_REGION: 'us-east-1', [`AWS_ENDPOINT_URL_${service}`]: url })

  /** Clients whose requests meet faults, once they are through with `body`. */
  const through = async (
    dice: Dice,
    [service, url, throttling]: readonly [string, string, Throttling],
    body: (clients: AwsClients, proxy: HttpFaults) => Promise<void>,
  ): Promise<string> => {
    const proxy = await HttpFaults.before(url, dice, throttling)
    try {
      await body(direct(service, proxy.url), proxy)
    } finally {
      await proxy.close()
    }
    return [...proxy.happened]
      .map(([what, times]) => `${what} ${times}`)
      .sort()
      .join(', ')
  }

  test(`F60, F68: ${where}: files in S3 over a bad network are those of each batch, once`, (t) =>
    withSeeds(t, 2, async (dice) => {
      const prefix = servers.fresh()
      const met = await through(dice, ['S3', servers.s3, throttlings.xml], (clients) =>
        writeAll(() =>
          filesIn(
            s3FilePlace(`s3://${servers.bucket}/${prefix}`, () => clients),
            { format: 'text' },
          ),
        ),
      )
      t.diagnostic(met)
      const { client } = await direct('S3', servers.s3).s3()
      assert.deepEqual((await listedLines(bucketShelf(client, servers.bucket, `${prefix}/`))).map(Number), expected)
    }))

  test(`F60, F68: ${where}: what is added to items over a bad network is added once`, (t) =>
    withSeeds(t, 2, async (dice) => {
      const table = `items-${servers.fresh()}`
      const { client } = await direct('DYNAMODB', servers.dynamodb).dynamoReads()
      await client.send(
        new CreateTableCommand({
          TableName: table,
          BillingMode: 'PAY_PER_REQUEST',
          AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
          KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
        }),
      )
      const change = (n: number) => ({ key: { id: String(n % 7) }, add: { sum: n } })
      const met = await through(dice, ['DYNAMODB', servers.dynamodb, throttlings.json], (clients) =>
        writeAll(() => dynamo({ table, change }, () => clients)),
      )
      t.diagnostic(met)
      const { Items: items = [] } = await client.send(new ScanCommand({ TableName: table, ConsistentRead: true }))
      const sums = items.map(({ id, sum }) => [id.S, Number(sum.N)] as const).toSorted(([a], [b]) => (a! < b! ? -1 : 1))
      const wanted = upTo(7).map((k) => [String(k), expected.filter((n) => n % 7 === k).reduce((a, b) => a + b)])
      assert.deepEqual(sums, wanted)
    }))

  test(`F60, F68: ${where}: messages to a queue over a bad network all arrive, and repeats have their ids`, (t) =>
    withSeeds(t, 2, async (dice) => {
      const { client } = await direct('SQS', servers.sqs).sqs()
      const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName: `queue-${servers.fresh()}` }))
      const met = await through(dice, ['SQS', servers.sqs, throttlings.json], (clients, proxy) => {
        const queueUrl = `${proxy.url}${new URL(QueueUrl!).pathname}`
        return writeAll(() => sqsSink<number>({ queueUrl }, () => clients))
      })
      t.diagnostic(met)
      const byId = new Map<string, number>()
      for (let empty = 0; empty < 2;) {
        const receive = { QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'], WaitTimeSeconds: 0 }
        const { Messages: messages = [] } = await client.send(new ReceiveMessageCommand(receive))
        empty = messages.length === 0 ? empty + 1 : 0
        for (const { Body: text, MessageAttributes: named } of messages)
          byId.set(named!['sluice-id'].StringValue!, Number(text))
        if (messages.length === 0) continue
        const Entries = messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle: ReceiptHandle! }))
        await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
      }
      assert.deepEqual(
        [...byId.values()].toSorted((a, b) => a - b),
        expected,
      )
    }))

  test(`F35, F68: ${where}: an object that is written once over a bad network is there whole, or not at all`, (t) =>
    withSeeds(t, 2, async (dice) => {
      const prefix = `${servers.fresh()}/`
      const written = new Map<string, Buffer>()
      const met = await through(dice, ['S3', servers.s3, throttlings.xml], async (clients) => {
        const store = new S3BlobStore(clients, servers.bucket, prefix)
        for (let i = 0; i < 20; i++) {
          const bytes = Buffer.alloc(dice.between(1, 50_000), i + 1)
          const put = await store.putNew(`o${i}`, bytes).then(
            () => true,
            () => false,
          )
          if (put) written.set(`o${i}`, bytes)
          if (put) assert.deepEqual(Buffer.from(await untilRead(() => store.get(`o${i}`))), bytes)
        }
      })
      t.diagnostic(met)
      const store = new S3BlobStore(direct('S3', servers.s3), servers.bucket, prefix)
      for (const [name, bytes] of written) assert.deepEqual(Buffer.from(await store.get(name)), bytes)
      assert.ok(written.size > 10, String(written.size))
    }))
}

/** Every batch, as an engine delivers it that meets failures and begins again, now and then with a new sink. */
async function writeAll(open: () => OutputSink<number>): Promise<void> {
  for (let batch = 1; batch <= BATCHES; batch++) {
    await insist(async () => {
      const sink = open()
      for (let partition = 0; partition < PARTITIONS; partition++)
        await sink.write(numbers(batch, partition), { ...delivery(batch, partition, PARTITIONS), clock: systemClock })
      const { app, inc, sink: name, timeMs } = delivery(batch)
      await sink.finish?.({ app, inc, sink: name, batch, timeMs, partitions: PARTITIONS })
    })
  }
}

/** A refusal would not be tried again, and none of these faults is one. */
export async function insist(write: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await write()
    } catch (error) {
      if (!hasCode(error, 'E_SINK_UNAVAILABLE') || tries > 50) throw error
    }
  }
}

async function untilRead<R>(read: () => Promise<R>): Promise<R> {
  for (let tries = 1; ; tries++) {
    try {
      return await read()
    } catch (error) {
      if (tries > 50) throw error
    }
  }
}
