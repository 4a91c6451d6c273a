import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreateTopicCommand, PublishBatchCommand, SubscribeCommand } from '@aws-sdk/client-sns'
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
} from '@aws-sdk/client-sqs'
import type { AwsClients } from '../../../../lib/adapters/aws/clients.ts'
import { snsSink, type SnsSinkOptions, sqsSink, type SqsSinkOptions } from '../../../../lib/adapters/aws/index.ts'
import type { OutputSink } from '../../../../lib/adapters/index.ts'
import { hasCode } from '../../../../lib/model/errors.ts'
import { repeatingSinkContract } from '../../../../lib/testing/contracts/repeating-sink.ts'
import { deliver, delivery, type SinkRow } from '../../../../lib/testing/contracts/sink-rows.ts'
import { DyingCalls } from '../../dying-calls.ts'
import { type Between, dyingClients, wrappedClients } from '../wrapped-clients.ts'

type Sink = OutputSink<SinkRow, 'at-least-once'>

/** What sinks of queues and topics promise, against any server that has both. */
export function messageSinksLaw(where: string, clients: AwsClients): void {
  sinkLaw(`SQS queues (${where})`, async () => {
    const queueUrl = await newQueue(clients)
    return {
      arrived: drain(clients, queueUrl),
      sink: (of) => sqsSink<SinkRow>({ queueUrl, body: asciiJson, parallel: 1, attempts: 1 }, () => of),
    }
  })

  sinkLaw(`SQS FIFO queues (${where})`, async () => {
    const queueUrl = await newQueue(clients, true)
    const options: SqsSinkOptions<SinkRow> = {
      queueUrl,
      body: asciiJson,
      group: (row) => row.id,
      parallel: 1,
      attempts: 1,
    }
    return { arrived: drain(clients, queueUrl), sink: (of) => sqsSink(options, () => of) }
  })

  sinkLaw(`SNS topics (${where})`, async () => {
    const queueUrl = await newQueue(clients)
    const options: SnsSinkOptions<SinkRow> = {
      topicArn: await newTopic(clients, queueUrl),
      parallel: 1,
      attempts: 1,
    }
    return { arrived: drain(clients, queueUrl, 1), sink: (of) => snsSink(options, () => of) }
  })

  function sinkLaw(
    name: string,
    make: () => Promise<{ arrived: () => Promise<Message[]>; sink: (clients: AwsClients) => Sink }>,
  ): void {
    repeatingSinkContract(name, async () => {
      const { arrived, sink } = await make()
      return {
        open: () => sink(clients),
        dying: (n, death) => sink(dyingClients(clients, new DyingCalls(n, death))),
        contents: async () =>
          (await arrived()).map(({ Body: text, MessageAttributes: named }) => {
            const row = JSON.parse(text!) as Omit<SinkRow, 'at'> & { at: string | null }
            return {
              id: named!['sluice-id'].StringValue!,
              row: { ...row, at: row.at === null ? null : new Date(row.at) },
            }
          }),
      }
    })
  }

  test(`F60: ${where}: of a batch that a queue takes in part, only the rest is sent again`, async () => {
    const queueUrl = await newQueue(clients)
    const { between, sent } = partly()
    await deliver(
      sqsSink<number>({ queueUrl }, () => wrappedClients(clients, between)),
      1,
      [upTo(95)],
    )
    const messages = await drain(clients, queueUrl)()
    assert.deepEqual(
      messages.map(({ Body: text }) => Number(text)).toSorted((a, b) => a - b),
      upTo(95),
    )
    assert.ok(sent.entries > 95 && sent.entries < 190, String(sent.entries))
    assert.equal(sent.taken, 95)
  })

  test(`F60: ${where}: messages of a FIFO group keep their order where some are not taken`, async () => {
    const queueUrl = await newQueue(clients, true)
    const { between } = partly()
    const options: SqsSinkOptions<number> = { queueUrl, group: (n) => `g${n % 3}` }
    await deliver(
      sqsSink(options, () => wrappedClients(clients, between)),
      1,
      [upTo(30)],
    )
    const numbers = (await drain(clients, queueUrl)()).map(({ Body: text }) => Number(text))
    for (const group of [0, 1, 2])
      assert.deepEqual(
        numbers.filter((n) => n % 3 === group),
        upTo(30).filter((n) => n % 3 === group),
      )
  })

  test(`${where}: a message that no queue takes is that record's fault, and the others go`, async () => {
    const queueUrl = await newQueue(clients)
    const records = ['fine', 'x'.repeat(2 ** 20), 'with \u0000', 'half \ud800', 'fine too']
    await assert.rejects(
      deliver(
        sqsSink({ queueUrl }, () => clients),
        1,
        [records],
      ),
      (error) => hasCode(error, 'E_SINK_VALUE') && error.message.includes('record[1]'),
    )
    const told: string[] = []
    const onSkip = (record: string): number => told.push(record)
    await deliver(
      sqsSink<string>({ queueUrl, onRecordError: 'skip', onSkip }, () => clients),
      1,
      [records],
    )
    assert.deepEqual(told, records.slice(1, 4))
    const arrived = (await drain(clients, queueUrl)()).map(({ Body: text }) => text!)
    assert.deepEqual(arrived.toSorted(), ['fine', 'fine too'])
  })

  test(`${where}: messages that are large together go in requests that are not`, async () => {
    const queueUrl = await newQueue(clients)
    await deliver(
      sqsSink({ queueUrl }, () => clients),
      1,
      [Array.from({ length: 12 }, (_, i) => `${i}`.repeat(60_000))],
    )
    assert.equal((await drain(clients, queueUrl)()).length, 12)
  })

  test(`${where}: a queue and a topic that are not there fail the output with what the service said`, async () => {
    const queueUrl = (await newQueue(clients)).replace(/[^/]+$/, 'no-such-queue')
    const topicArn = `arn:aws:sns:us-east-1:000000000000:no-such-topic`
    for (const sink of [sqsSink<string>({ queueUrl }, () => clients), snsSink<string>({ topicArn }, () => clients)])
      await assert.rejects(sink.write(['a'], delivery(1)), (error) => hasCode(error, 'E_SINK_REJECTED'))
  })

  test(`${where}: attributes go with a message`, async () => {
    const queueUrl = await newQueue(clients)
    const options: SqsSinkOptions<string> = { queueUrl, attributes: (text) => ({ kind: text, 'a.b': 'c' }) }
    await deliver(
      sqsSink(options, () => clients),
      1,
      [['visit']],
    )
    const [{ MessageAttributes: named }] = await drain(clients, queueUrl)()
    assert.equal(named!['kind'].StringValue, 'visit')
    await assert.rejects(
      deliver(
        sqsSink<string>({ queueUrl, attributes: () => ({ 'sluice-id': 'mine' }) }, () => clients),
        1,
        [['a']],
      ),
      (error) => hasCode(error, 'E_SINK_VALUE'),
    )
  })
}

/** Stands for a service that takes every second entry of a batch, and says so. */
function partly(): { readonly between: Between; readonly sent: { entries: number; taken: number } } {
  const sent = { entries: 0, taken: 0 }
  const between: Between = async (send, command) => {
    if (!(command instanceof SendMessageBatchCommand || command instanceof PublishBatchCommand)) return send()
    const name = command instanceof SendMessageBatchCommand ? 'Entries' : 'PublishBatchRequestEntries'
    const input = command.input as unknown as Record<string, { Id: string }[]>
    const all = input[name]
    const taken = all.filter((_, i) => (i + sent.entries) % 2 === 0)
    sent.entries += all.length
    sent.taken += taken.length
    const Failed = all
      .filter((entry) => !taken.includes(entry))
      .map(({ Id }) => ({ Id, SenderFault: false, Code: 'InternalError' }))
    if (taken.length === 0) return { Successful: [], Failed }
    input[name] = taken
    return { ...((await send()) as object), Failed }
  }
  return { between, sent }
}

/** One of the emulators takes no characters beyond the first 65,536, which queues do. */
const asciiJson = (row: SinkRow): string =>
  JSON.stringify(row).replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)

let names = 0

async function newQueue(clients: AwsClients, fifo = false): Promise<string> {
  const { client } = await clients.sqs()
  const QueueName = `queue-${process.pid}-${++names}${fifo ? '.fifo' : ''}`
  const create = new CreateQueueCommand({ QueueName, ...(fifo ? { Attributes: { FifoQueue: 'true' } } : {}) })
  return (await client.send(create)).QueueUrl!
}

async function newTopic(clients: AwsClients, queueUrl: string): Promise<string> {
  const { client } = await clients.sns()
  const { TopicArn } = await client.send(new CreateTopicCommand({ Name: `topic-${process.pid}-${++names}` }))
  const Endpoint = `arn:aws:sqs:us-east-1:000000000000:${queueUrl.split('/').at(-1)}`
  const Attributes = { RawMessageDelivery: 'true' }
  await client.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint, Attributes }))
  return TopicArn!
}

/**
 * Everything that has arrived at a queue since the beginning, in order of arrival. What a topic sends on may take a
 * moment: then the last look waits for it.
 */
function drain(clients: AwsClients, QueueUrl: string, WaitTimeSeconds = 0): () => Promise<Message[]> {
  const all: Message[] = []
  return async () => {
    const { client } = await clients.sqs()
    for (let empty = 0; empty < 2 - WaitTimeSeconds;) {
      const receive = { QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ['All'], WaitTimeSeconds }
      const { Messages: messages = [] } = await client.send(new ReceiveMessageCommand(receive))
      empty = messages.length === 0 ? empty + 1 : 0
      all.push(...messages)
      if (messages.length === 0) continue
      const Entries = messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle: ReceiptHandle! }))
      await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }))
    }
    return all
  }
}
