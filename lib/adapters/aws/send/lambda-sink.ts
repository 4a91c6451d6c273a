import { jsonText } from '../../../codec/json-text.ts'
import { arnOf } from '../../../model/aws-right.ts'
import { anything, bound, callable, checkOptions, oneOf, type RulesOf, text } from '../../../model/options.ts'
import { BUNDLED, type Delivery, type OutputSink } from '../../../output/sink.ts'
import { type AwsClients, processClients } from '../clients.ts'
import {
  type Fate,
  type RecordService,
  type RecordSinkOptions,
  SEND_OPTIONS,
  sendRecords,
  TAKEN,
} from './send-records.ts'
import { bytesOf, tooLarge } from './text-message.ts'

/** Which function, and how it is called. */
export interface LambdaSinkOptions<T> extends RecordSinkOptions<T> {
  /** Name or ARN of the function. */
  readonly functionName: string
  /** A version or an alias of it. */
  readonly qualifier?: string
  /**
   * `request` (default): the call waits for the function, and one that throws is called again with the same records.
   * `event`: the call ends when Lambda has taken the event; what becomes of it is for Lambda's own retries.
   */
  readonly invocation?: 'request' | 'event'
  /** Most records of a call (default 100). */
  readonly batchRecords?: number
  /** What a record becomes in the event (default: itself); it goes as JSON. */
  readonly value?: (record: T) => unknown
}

const OPTIONS: RulesOf<LambdaSinkOptions<any>> = {
  ...SEND_OPTIONS,
  functionName: anything,
  qualifier: text,
  invocation: oneOf('request', 'event'),
  batchRecords: bound,
  value: callable,
}

/** What the function is called with. */
export interface LambdaSinkEvent<V> {
  /** Name of the app. */
  readonly app: string
  /** Name of the output. */
  readonly output: string
  /** Number of the batch. */
  readonly batch: number
  /** Batch time in ms since the epoch. */
  readonly timeMs: number
  /** The records; `id` is the same whenever the record is sent again. */
  readonly records: readonly { readonly id: string; readonly value: V }[]
}

const KIB = 1024
const MOST_BYTES = { request: 6 * KIB * KIB, event: 256 * KIB }
/** For what surrounds the records. */
const AROUND_BYTES = 4 * KIB

/**
 * Calls a function with some records at a time: at least once, each record with an `id` that is the same whenever it is
 * sent again. An event holds at most `batchRecords` records and 6 MiB, or 256 KiB for `event`. Needs
 * `@aws-sdk/client-lambda`. Writing throws `E_SINK_VALUE`, `E_SINK_REJECTED`, `E_SINK_UNAVAILABLE` and `E_AWS_PACKAGE`.
 * Not in Spark.
 */
export function lambdaSink<T>(
  options: LambdaSinkOptions<T>,
  clients: () => AwsClients = processClients,
): OutputSink<T, 'at-least-once'> {
  checkOptions('lambdaSink', options, OPTIONS)
  return {
    name: options.name ?? 'lambda',
    guarantee: 'at-least-once',
    awsRights: [{ actions: ['lambda:InvokeFunction'], resource: functionOf(options) }],
    [BUNDLED]: true,
    ready: () => clients().lambda(),
    write: (records, delivery) => sendRecords(records, delivery, functionService(options, clients, delivery), options),
  }
}

/** A name may have the account before it: `123456789012:function:orders`. */
function functionOf({ functionName, qualifier }: LambdaSinkOptions<any>): string {
  const [account, name] = functionName.split(':function:', 2)
  const resource =
    functionName.startsWith('arn:') || name === undefined
      ? arnOf('lambda', functionName, 'function:')
      : `arn::lambda::${account}:function:${name}`
  return qualifier === undefined ? resource : `${resource}:${qualifier}`
}

/** A record as JSON already. */
type Message = string

function functionService<T>(
  options: LambdaSinkOptions<T>,
  clients: () => AwsClients,
  { app, sink, batch, timeMs }: Delivery,
): RecordService<T, Message> {
  const { functionName, qualifier, invocation = 'request', batchRecords = 100, value = (record: T) => record } = options
  const target = {
    FunctionName: functionName,
    InvocationType: invocation === 'event' ? 'Event' : 'RequestResponse',
    ...(qualifier === undefined ? {} : { Qualifier: qualifier }),
  } as const
  const most = MOST_BYTES[invocation] - AROUND_BYTES
  const around = JSON.stringify({ app, output: sink, batch, timeMs }).slice(0, -1)
  return {
    shown: functionName,
    limits: { count: batchRecords, bytes: most },
    blames: new Set(['RequestTooLargeException', 'InvalidRequestContentException']),
    outgoing(record, id, path) {
      const message = `{"id":"${id}","value":${jsonText(value(record), path)}}`
      const bytes = bytesOf(message) + 1
      if (bytes > most) throw tooLarge(path, bytes, most)
      return { message, bytes, lane: null }
    },
    async send(messages, sending) {
      const { client, sdk } = await clients().lambda()
      const call = new sdk.InvokeCommand({
        ...target,
        Payload: Buffer.from(`${around},"records":[${messages.join(',')}]}`),
      })
      const { FunctionError: failed, Payload: answer } = await client.send(call, sending)
      const fate: Fate = failed === undefined ? TAKEN : { kind: 'again', why: `${failed}: ${shown(answer)}` }
      return messages.map(() => fate)
    },
  }
}

const shown = (answer: Uint8Array | undefined): string =>
  Buffer.from(answer ?? [])
    .toString()
    .slice(0, 500)
