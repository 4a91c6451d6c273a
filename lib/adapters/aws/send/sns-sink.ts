import type { PublishBatchRequestEntry } from '@aws-sdk/client-sns'
import { anything, callable, checkOptions, type RulesOf } from '../../../model/options.ts'
import { BUNDLED, type OutputSink } from '../../../output/sink.ts'
import { type AwsClients, processClients } from '../clients.ts'
import { fatesOf, batchMessage } from './batch-messages.ts'
import { type RecordService, type RecordSinkOptions, SEND_OPTIONS, sendRecords } from './send-records.ts'

/** Which topic, and what becomes of a record. */
export interface SnsSinkOptions<T> extends RecordSinkOptions<T> {
  /** ARN of the topic; it must exist. */
  readonly topicArn: string
  /** What is sent: text as it is, anything else as JSON (default: the record). */
  readonly message?: (record: T, id: string) => unknown
  /** The subject of mails, if any. */
  readonly subject?: (record: T) => string
  /**
   * For a FIFO topic, and needed there: the group of a record. Records of a group are sent one after the other, and the
   * topic drops repeats that come within five minutes.
   */
  readonly group?: (record: T) => string
  /** Attributes that subscriptions filter by, up to nine, besides `sluice-id`. */
  readonly attributes?: (record: T) => Readonly<Record<string, string>>
}

const OPTIONS: RulesOf<SnsSinkOptions<any>> = {
  ...SEND_OPTIONS,
  topicArn: anything,
  message: callable,
  subject: callable,
  group: callable,
  attributes: callable,
}

const MOST_BYTES = 256 * 1024

/**
 * Messages of an SNS topic: at least once, each with the attribute `sluice-id`, the same whenever it is sent again; a
 * FIFO topic drops repeats within five minutes. At most ten messages and 256 KiB go with a request; those that the
 * topic did not take are sent again alone. Needs `@aws-sdk/client-sns`. Writing throws `E_SINK_VALUE`,
 * `E_SINK_REJECTED`, `E_SINK_UNAVAILABLE` and `E_AWS_PACKAGE`. Not in Spark.
 */
export function snsSink<T>(
  options: SnsSinkOptions<T>,
  clients: () => AwsClients = processClients,
): OutputSink<T, 'at-least-once'> {
  checkOptions('snsSink', options, OPTIONS)
  const service = topicService(options, clients)
  return {
    name: options.name ?? 'sns',
    guarantee: 'at-least-once',
    // It may be known only where it is deployed.
    awsRights: options.topicArn ? [{ actions: ['sns:Publish'], resource: options.topicArn }] : [],
    [BUNDLED]: true,
    ready: () => clients().sns(),
    write: (records, delivery) => sendRecords(records, delivery, service, options),
  }
}

type Message = Omit<PublishBatchRequestEntry, 'Id'>

function topicService<T>(options: SnsSinkOptions<T>, clients: () => AwsClients): RecordService<T, Message> {
  const { topicArn, message = (record: T): unknown => record, subject, group, attributes } = options
  return {
    shown: topicArn,
    limits: { count: 10, bytes: MOST_BYTES },
    blames: new Set(['InvalidParameter', 'InvalidParameterValue', 'BatchRequestTooLong', 'ValidationException']),
    outgoing(record, id, path) {
      const { text, bytes, lane, facts } = batchMessage({
        value: message(record, id),
        attributes: attributes?.(record) ?? {},
        group: group?.(record) ?? null,
        id,
        path,
        bytesMax: MOST_BYTES,
      })
      return { bytes, lane, message: { Message: text, ...facts, ...(subject ? { Subject: subject(record) } : {}) } }
    },
    async send(messages, sending) {
      const { client, sdk } = await clients().sns()
      const PublishBatchRequestEntries = messages.map((each, i) => ({ ...each, Id: String(i) }))
      const batch = new sdk.PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries })
      const { Successful: taken = [], Failed: failed = [] } = await client.send(batch, sending)
      return fatesOf(messages.length, taken, failed)
    },
  }
}
