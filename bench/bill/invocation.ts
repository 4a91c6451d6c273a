import { AsyncLocalStorage } from 'node:async_hooks'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { KinesisClient } from '@aws-sdk/client-kinesis'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { S3Client } from '@aws-sdk/client-s3'
import { SQSClient } from '@aws-sdk/client-sqs'
import { ANSWER_MS, NOTHING, type Usage } from '../../lib/cli/bill.ts'

/** What the key, and the names in it, add to a value in a table, in bytes. */
const ITEM_BYTES = 60
const [WRITTEN_BYTES, READ_BYTES] = [1024, 4096]

interface Command {
  readonly constructor: { readonly name: string }
  readonly input: any
}

/**
 * One invocation of a function, and what it asks of the services. Its time is that of services that answer as assumed:
 * a call begins when those have ended that it waited for, whatever the emulators take.
 */
export class Invocation {
  readonly #used: (usage: Usage, sourced: number) => void
  /** When the last call has ended that has an answer, in ms since the beginning. */
  #ended = 0

  /** `used` hears of each call what it has used, and how many calls of the source it was. */
  constructor(used: (usage: Usage, sourced: number) => void) {
    this.#used = used
  }

  /** How long it has taken so far, besides its own work, in ms. */
  get waitedMs(): number {
    return this.#ended
  }

  async send(command: Command, sent: () => Promise<any>): Promise<unknown> {
    const began = this.#ended
    const answer = await sent()
    const { ms, usage, isOfSource } = this.#priced(command, answer)
    this.#ended = Math.max(this.#ended, began + ms)
    this.#used({ ...NOTHING, ...usage }, isOfSource ? 1 : 0)
    return answer
  }

  #priced({ constructor: { name }, input }: Command, answer: any): Call {
    switch (name) {
      case 'InvokeCommand':
        return { ms: ANSWER_MS.invoke + takeMs(input.Payload), usage: { invocations: 1 } }
      case 'PutItemCommand':
        return {
          ms: ANSWER_MS.table,
          usage: { tableWrites: units(input.Item.value?.B?.length ?? 0, WRITTEN_BYTES) },
        }
      case 'GetItemCommand':
        return { ms: ANSWER_MS.table, usage: { tableReads: units(bytesOf([answer.Item ?? {}]), READ_BYTES) } }
      case 'QueryCommand':
        return { ms: ANSWER_MS.table, usage: { tableReads: units(bytesOf(answer.Items ?? []), READ_BYTES) } }
      case 'PutObjectCommand':
        return { ms: ANSWER_MS.put, usage: { puts: 1 } }
      case 'ListObjectsV2Command':
        return { ms: ANSWER_MS.list, usage: { puts: 1 } }
      case 'GetObjectCommand':
        return { ms: ANSWER_MS.get, usage: { gets: 1 } }
      // Free.
      case 'DeleteObjectCommand':
      case 'DeleteObjectsCommand':
        return { ms: ANSWER_MS.put, usage: {} }
      case 'DescribeStreamSummaryCommand':
      case 'ListShardsCommand':
      case 'GetShardIteratorCommand':
      case 'GetRecordsCommand':
        return { ms: ANSWER_MS.source, usage: {}, isOfSource: true }
      default:
        throw new Error(`The bill knows no price of ${name}.`)
    }
  }
}

interface Call {
  readonly ms: number
  readonly usage: Partial<Usage>
  readonly isOfSource?: true
}

const units = (bytes: number, unit: number): number => Math.max(1, Math.ceil((bytes + ITEM_BYTES) / unit))

const bytesOf = (items: readonly any[]): number =>
  items.reduce((sum: number, item) => sum + (item.value?.B?.length ?? 0), 0)

const current = new AsyncLocalStorage<Invocation>()

/** Runs a function as an invocation that is recorded. */
export const recordedIn = <T>(invocation: Invocation, run: () => Promise<T>): Promise<T> => current.run(invocation, run)

/** How long invocations took, by what they were asked; an answer is taken once. */
const durations = new Map<string, number[]>()

export function tookMs(asked: unknown, ms: number): void {
  const text = JSON.stringify(asked)
  durations.set(text, [...(durations.get(text) ?? []), ms])
}

const takeMs = (payload: Uint8Array | string): number =>
  durations.get(typeof payload === 'string' ? payload : Buffer.from(payload).toString())?.shift() ?? 0

/** From now on every call of a client of AWS is recorded by the invocation that makes it. */
export function recordCalls(): void {
  const prototypes = [DynamoDBClient, KinesisClient, LambdaClient, S3Client, SQSClient].map(
    (client) => Object.getPrototypeOf(client.prototype) as { send(...args: any[]): Promise<any> },
  )
  for (const prototype of new Set(prototypes)) {
    const { send } = prototype
    prototype.send = function (...args) {
      const invocation = current.getStore()
      const sent = (): Promise<any> => send.apply(this, args)
      return invocation === undefined ? sent() : invocation.send(args[0] as Command, sent)
    }
  }
}
