import type { SendMessageBatchRequestEntry } from '@aws-sdk/client-sqs'
import { queueRights } from '../../../model/aws-right.ts'
import { anything, callable, checkOptions, type RulesOf } from '../../../model/options.ts'
import { BUNDLED, type OutputSink } from '../../../output/sink.ts'
import { type AwsClients, processClients } from '../clients.ts'
import { fatesOf, batchMessage } from './batch-messages.ts'
import { type RecordService, type RecordSinkOptions, SEND_OPTIONS, sendRecords } from './send-records.ts'

/** Which queue, and what becomes of a record. */
export interface SqsSinkOptions<T> extends RecordSinkOptions<T> {
  /** Address of the queue; it must exist. */
  readonly queueUrl: string
  /** What is sent: text as it is, anything else as JSON (default: the record). */
  readonly body?: (record: T, id: string) => unknown
  /**
   * For a FIFO queue, and needed there: the group of a record. Records of a group are sent one after the other, and the
   * queue drops repeats that come within five minutes.
   */
  readonly group?: (record: T) => string
  /** Attributes of the message, up to nine, besides `sluice-id`. */
  readonly attributes?: (record: T) => Readonly<Record<string, string>>
}

const OPTIONS: RulesOf<SqsSinkOptions<any>> = {
  ...SEND_OPTIONS,
  queueUrl: anything,
  body: callable,
  group: callable,
  attributes: callable,
}

const MIB = 2 ** 20
/** So that requests fit where the limit is that of earlier years; a larger message goes alone. */
const REQUEST_BYTES = 256 * 1024

/**
 * Messages of an SQS queue: at least once, each with the attribute `sluice-id`, the same whenever it is sent again; a
 * FIFO queue drops repeats within five minutes. At most ten messages and 256 KiB go with a request; those that the
 * queue did not take are sent again alone. Needs `@aws-sdk/client-sqs`. Writing throws `E_SINK_VALUE`,
 * `E_SINK_REJECTED`, `E_SINK_UNAVAILABLE` and `E_AWS_PACKAGE`. Not in Spark.
 */
export function sqsSink<T>(
  options: SqsSinkOptions<T>,
  clients: () => AwsClients = processClients,
): OutputSink<T, 'at-least-once'> {
  checkOptions('sqsSink', options, OPTIONS)
  const service = queueService(options, clients)
  return {
    name: options.name ?? 'sqs',
    guarantee: 'at-least-once',
    awsRights: queueRights(options.queueUrl, 'sqs:SendMessage'),
    [BUNDLED]: true,
    ready: () => clients().sqs(),
    write: (records, delivery) => sendRecords(records, delivery, service, options),
  }
}

type Message = Omit<SendMessageBatchRequestEntry, 'Id'>

function queueService<T>(options: SqsSinkOptions<T>, clients: () => AwsClients): RecordService<T, Message> {
  const { queueUrl, body = (record: T): unknown => record, group, attributes } = options
  return {
    shown: queueUrl,
    limits: { count: 10, bytes: REQUEST_BYTES },
    blames: new Set([
      'InvalidMessageContents',
      'BatchRequestTooLong',
      'InvalidParameterValue',
      'InvalidAttributeValue',
    ]),
    outgoing(record, id, path) {
      const { text, bytes, lane, facts } = batchMessage({
        value: body(record, id),
        attributes: attributes?.(record) ?? {},
        group: group?.(record) ?? null,
        id,
        path,
        bytesMax: MIB,
      })
      return { bytes, lane, message: { MessageBody: text, ...facts } }
    },
    async send(messages, sending) {
      const { client, sdk } = await clients().sqs()
      const Entries = messages.map((message, i) => ({ ...message, Id: String(i) }))
      const batch = new sdk.SendMessageBatchCommand({ QueueUrl: queueUrl, Entries })
      const { Successful: taken = [], Failed: failed = [] } = await client.send(batch, sending)
      return fatesOf(messages.length, taken, failed)
    },
  }
}
