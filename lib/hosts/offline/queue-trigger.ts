import type { AwsClients } from '../../adapters/aws/clients.ts'
import type { Told } from './function-pool.ts'

/** Makes the queue by which a coordinator wakes itself; what it takes is hidden for `hiddenSeconds`. Its address. */
export async function createQueue(clients: AwsClients, name: string, hiddenSeconds: number): Promise<string> {
  const { client, sdk } = await clients.sqs()
  const { QueueUrl: url } = await client.send(
    new sdk.CreateQueueCommand({ QueueName: name, Attributes: { VisibilityTimeout: String(hiddenSeconds) } }),
  )
  return url!
}

/**
 * Invokes a function with the messages of a queue, as Lambda does for an event source: messages of an invocation that
 * went well are deleted, the others come again. Until `signal` is aborted.
 */
export async function triggerByQueue(
  clients: AwsClients,
  url: string,
  invoke: (event: unknown) => Promise<Told>,
  signal: AbortSignal,
): Promise<void> {
  const { client, sdk } = await clients.sqs()
  while (!signal.aborted) {
    const received = await client
      .send(new sdk.ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 5 }), {
        abortSignal: signal,
      })
      // The emulator goes with the run.
      .catch((error: unknown) => {
        if (signal.aborted) return null
        throw error
      })
    const messages = received?.Messages ?? []
    if (messages.length === 0) continue
    const records = messages.map(({ MessageId, ReceiptHandle, Body }) => ({
      eventSource: 'aws:sqs',
      messageId: MessageId,
      receiptHandle: ReceiptHandle,
      body: Body,
    }))
    if ((await invoke({ Records: records })).kind === 'failed') continue
    for (const { ReceiptHandle } of messages)
      await client.send(new sdk.DeleteMessageCommand({ QueueUrl: url, ReceiptHandle })).catch(() => {})
  }
}
