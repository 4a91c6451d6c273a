import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { awsClients } from '../../../../lib/adapters/aws/clients.ts'
import { TickQueue } from '../../../../lib/adapters/aws/lambda/tick-queue.ts'
import { systemClock } from '../../../../lib/adapters/local/system-clock.ts'
import { hasCode } from '../../../../lib/model/errors.ts'
import { emulated } from '../emulated.ts'
import { type Between, wrappedClients } from '../wrapped-clients.ts'

const { emulators, fresh } = await emulated()
const clients = awsClients({ ...emulators.environment, AWS_ENDPOINT_URL_SQS: emulators.s3 })
const { client, sdk } = await clients.sqs()
after(() => client.destroy())

async function newQueue(between: Between = (send) => send()): Promise<{ url: string; queue: TickQueue }> {
  const { QueueUrl: url } = await client.send(new sdk.CreateQueueCommand({ QueueName: `ticks-${fresh()}` }))
  return { url: url!, queue: new TickQueue(wrappedClients(clients, between), systemClock, url!) }
}

const received = async (url: string) =>
  (await client.send(new sdk.ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10 }))).Messages ?? []

test('more messages than a request takes are sent, held back, received and deleted', async () => {
  const { url, queue } = await newQueue()
  await queue.send([
    ...Array.from({ length: 13 }, (_, at) => ({ body: { at }, delaySeconds: 0 })),
    { body: { at: 99 }, delaySeconds: 900 },
  ])
  const messages = [...(await received(url)), ...(await received(url)), ...(await received(url))]
  assert.deepEqual(
    messages.map(({ Body: body }) => JSON.parse(body!).at).toSorted((a, b) => a - b),
    Array.from({ length: 13 }, (_, at) => at),
  )
  await queue.delete(messages.map(({ ReceiptHandle: receipt }) => receipt!))
  const { Attributes: left } = await client.send(
    new sdk.GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
  )
  assert.deepEqual(
    [left!['ApproximateNumberOfMessagesNotVisible'], left!['ApproximateNumberOfMessagesDelayed']],
    ['0', '1'],
  )
})

test('of a request that is taken in part the rest is sent again, and nothing twice', async () => {
  let requests = 0
  const { url, queue } = await newQueue(async (send, { input }) => {
    if (requests++ > 0) return send()
    const refused = input.Entries.pop()
    await send()
    return { Failed: [{ Id: refused.Id, SenderFault: false, Code: 'InternalError' }] }
  })
  await queue.send([1, 2, 3].map((at) => ({ body: { at }, delaySeconds: 0 })))
  const bodies = (await received(url)).map(({ Body: body }) => JSON.parse(body!).at)
  assert.deepEqual(
    bodies.toSorted((a, b) => a - b),
    [1, 2, 3],
  )
})

test('a queue that does not answer is asked five times, and one that refuses once', async () => {
  for (const [error, attempts] of [
    [new Error('socket hang up'), 5],
    [Object.assign(new Error('no'), { $fault: 'client', $metadata: { httpStatusCode: 403 } }), 1],
  ] as const) {
    let requests = 0
    const { queue } = await newQueue(async () => {
      requests++
      throw error
    })
    await assert.rejects(queue.send([{ body: {}, delaySeconds: 0 }]), (thrown) => hasCode(thrown, 'E_TICK_QUEUE'))
    assert.equal(requests, attempts)
  }
})
