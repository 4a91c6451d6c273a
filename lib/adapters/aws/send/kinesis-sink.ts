import type { PutRecordsRequestEntry } from '@aws-sdk/client-kinesis'
import { jsonText } from '../../../codec/json-text.ts'
import { arnOf } from '../../../model/aws-right.ts'
import { anything, bound, callable, checkOptions, flag, type RulesOf } from '../../../model/options.ts'
import { checkSettled } from '../../../model/settled.ts'
import { BUNDLED, type OutputSink } from '../../../output/sink.ts'
import { KINESIS_PLACE, type Kinesis, kinesisClient, type KinesisPlace } from '../clients.ts'
import {
  type Fate,
  type RecordService,
  type RecordSinkOptions,
  SEND_OPTIONS,
  sendRecords,
  TAKEN,
} from './send-records.ts'
import { bytesOf, tooLarge, unsendable } from './text-message.ts'

/** Which stream, and what becomes of a record. */
export interface KinesisSinkOptions<T> extends RecordSinkOptions<T>, KinesisPlace {
  /** Name or ARN of the stream; it must exist. */
  readonly stream: string
  /** What decides the shard: 1 to 256 characters. */
  readonly partitionKey: (record: T) => string
  /**
   * What is sent: bytes and text as they are, anything else as JSON (default: the record). `id` is the same whenever
   * the record is sent again, and belongs into the message if its readers are to leave repeats out.
   */
  readonly data?: (record: T, id: string) => unknown
  /**
   * Send the records of one partition key one after the other, so that their order in the shard is that of the stream
   * even where Kinesis takes only some of a request. Slow for few keys (default false).
   */
  readonly ordered?: boolean
  /** Most bytes of a record with its key, as the stream is set up (default 1 MiB). */
  readonly maxRecordBytes?: number
}

const OPTIONS: RulesOf<KinesisSinkOptions<any>> = {
  ...SEND_OPTIONS,
  ...KINESIS_PLACE,
  stream: anything,
  partitionKey: callable,
  data: callable,
  ordered: flag,
  maxRecordBytes: bound,
}
const NEEDED = { must: ['partitionKey'], example: "{ stream: 'pages', partitionKey: (r) => r.page }" }

const MIB = 2 ** 20

/**
 * Records of a Kinesis stream: at least once. At most 500 records and 5 MiB go with a request; those that the stream
 * did not take are sent again alone. Needs `@aws-sdk/client-kinesis`. Writing throws `E_SINK_VALUE`, `E_SINK_REJECTED`,
 * `E_SINK_UNAVAILABLE` and `E_AWS_PACKAGE`. Not in Spark.
 */
export function kinesisSink<T>(
  options: KinesisSinkOptions<T>,
  connect: () => Promise<Kinesis> = () => kinesisClient(placeOf(options)),
): OutputSink<T, 'at-least-once'> {
  checkOptions('kinesisSink', options, OPTIONS, NEEDED)
  let kinesis: Promise<Kinesis> | null = null
  const client = (): Promise<Kinesis> =>
    (kinesis ??= connect().catch((error: unknown) => {
      // The next delivery tries anew.
      kinesis = null
      throw error
    }))
  const service = streamService(options, client)
  return {
    name: options.name ?? 'kinesis',
    guarantee: 'at-least-once',
    awsRights: [
      { actions: ['kinesis:PutRecords'], resource: arnOf('kinesis', options.stream, 'stream/', options.region) },
    ],
    [BUNDLED]: true,
    ready: client,
    write: (records, delivery) => sendRecords(records, delivery, service, options),
    async close() {
      const made = kinesis
      kinesis = null
      ;(await made)?.client.destroy()
    },
  }
}

const placeOf = ({ region, endpoint, credentials }: KinesisPlace): KinesisPlace => ({
  ...(region === undefined ? {} : { region }),
  ...(endpoint === undefined ? {} : { endpoint }),
  ...(credentials === undefined ? {} : { credentials }),
})

function streamService<T>(
  options: KinesisSinkOptions<T>,
  kinesis: () => Promise<Kinesis>,
): RecordService<T, PutRecordsRequestEntry> {
  const { stream, partitionKey, data = (record: T): unknown => record, ordered, maxRecordBytes = MIB } = options
  const place = stream.startsWith('arn:') ? { StreamARN: stream } : { StreamName: stream }
  return {
    shown: stream,
    limits: { count: 500, bytes: 5 * MIB },
    blames: new Set(['ValidationException', 'InvalidArgumentException']),
    outgoing(record, id, path) {
      const key = partitionKey(record)
      checkSettled(key, 'partitionKey')
      if (typeof key !== 'string' || key === '' || key.length > 256 || !key.isWellFormed())
        throw unsendable(path, 'has no partition key of 1 to 256 characters')
      const bytes = bytesIn(data(record, id), path)
      const size = bytes.length + bytesOf(key)
      if (size > maxRecordBytes) throw tooLarge(path, size, maxRecordBytes)
      return { message: { Data: bytes, PartitionKey: key }, bytes: size, lane: ordered ? key : null }
    },
    async send(messages, sending) {
      const { client, sdk } = await kinesis()
      const put = new sdk.PutRecordsCommand({ ...place, Records: [...messages] })
      const { Records: results = [] } = await client.send(put, sending)
      return messages.map((_, i): Fate => {
        const { ErrorCode: failure, ErrorMessage: why } = results[i] ?? { ErrorCode: 'no answer' }
        return failure === undefined ? TAKEN : { kind: 'again', why: `${failure} ${why ?? ''}` }
      })
    },
  }
}

function bytesIn(value: unknown, path: string): Uint8Array {
  checkSettled(value, 'data')
  if (value instanceof Uint8Array) return value
  const text = typeof value === 'string' ? value : jsonText(value, path)
  if (!text.isWellFormed()) throw unsendable(path, 'holds half a surrogate pair, which has no UTF-8 form')
  return Buffer.from(text)
}
