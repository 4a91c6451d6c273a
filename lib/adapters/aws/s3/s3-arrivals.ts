import { setTimeout } from 'node:timers/promises'
import type { Message } from '@aws-sdk/client-sqs'
import { backoffMs } from '../../../host/backoff.ts'
import { messageOf } from '../../../model/errors.ts'
import type { ListedFile } from '../../../source/file-selection.ts'
import type { CutRequest } from '../../../source/source.ts'
import type { Arrivals } from '../../../source/unseen-files.ts'
import type { AwsClients } from '../clients.ts'
import { isRefusal } from '../service-error.ts'
import { type ToldBy, toldBy } from './s3-events.ts'
import { pathOf, s3Directory } from './s3-location.ts'

/** The queue that a bucket sends its events to. */
export interface S3Events {
  /** Address of the queue. It serves one source of one app. */
  readonly queueUrl: string
  /**
   * How long a message that was received is hidden, so that no other process gets it: longer than a batch takes. After
   * that, what a process that died had received comes to the next one. Default: three batch intervals, at least 2
   * minutes.
   */
  readonly visibilityMs?: number
}

const MESSAGES_MAX = 10
/** So many requests at once, when there is much. */
const PARALLEL = 8
const VISIBILITY_MS = 120_000
const VISIBILITY_MS_MAX = 12 * 3_600_000
/** An interval that leaves room for a second of listening to all parts of the queue. */
const PATIENT_MS = 5000
const ATTEMPTS = 4

interface Held {
  readonly receipt: string
  readonly files: readonly (ListedFile & { readonly sequencer: string })[]
}

/**
 * Objects that messages tell of. A message is held here, and hidden in the queue, until a position has all of its
 * objects; then it is deleted. A process that dies takes nothing with it: its messages come again, and what was
 * committed of them is known by the position. Messages about something else are left where they are.
 */
export class S3Arrivals implements Arrivals {
  readonly #directory: string
  readonly #events: S3Events
  readonly #isBelow: (path: string) => boolean
  readonly #isFile: (path: string) => boolean
  readonly #bucket: string
  readonly #clients: () => AwsClients
  readonly #held = new Map<string, Held>()
  readonly #passed = { test: 0, foreign: 0 }

  constructor(directory: string, events: S3Events, recursive: boolean, clients: () => AwsClients) {
    const { bucket, key: prefix } = s3Directory(directory)
    const root = pathOf(bucket, prefix)
    this.#directory = directory
    this.#events = events
    this.#clients = clients
    this.#bucket = bucket
    this.#isBelow = (path) => path.startsWith(root)
    this.#isFile = (path) => !path.endsWith('/') && (recursive || !path.slice(root.length).includes('/'))
  }

  /** As in the listing of a prefix: of one path in the order in which they were written. */
  async take(max: number, request: Pick<CutRequest, 'intervalMs' | 'io'>): Promise<readonly ListedFile[]> {
    await this.#receive(max, request)
    return Array.from(this.#held.values(), ({ files }) => files)
      .flat()
      .sort((a, b) => (padded(a.sequencer) < padded(b.sequencer) ? -1 : 1))
      .map(({ sequencer: _sequencer, ...file }) => file)
  }

  async committed(isTaken: (file: ListedFile) => boolean): Promise<void> {
    const done = Array.from(this.#held).filter(([, { files }]) => files.every(isTaken))
    if (done.length === 0) return
    const { client, sdk } = await this.#clients().sqs()
    for (let at = 0; at < done.length; at += MESSAGES_MAX) {
      const some = done.slice(at, at + MESSAGES_MAX)
      const command = new sdk.DeleteMessageBatchCommand({
        QueueUrl: this.#events.queueUrl,
        Entries: some.map(([, { receipt }], i) => ({ Id: String(i), ReceiptHandle: receipt })),
      })
      const { Failed: failed = [] } = await insist(this.#events.queueUrl, () => client.send(command))
      const left = new Set(failed.map(({ Id: id }) => Number(id)))
      // A message that could not be deleted comes again, and is known.
      for (const [i, [id]] of some.entries()) if (!left.has(i)) this.#held.delete(id)
    }
  }

  async #receive(max: number, { intervalMs, io }: Pick<CutRequest, 'intervalMs' | 'io'>): Promise<void> {
    const until = io.clock.now() + intervalMs / 2
    const passed = { test: 0, foreign: 0 }
    const wait = intervalMs >= PATIENT_MS ? 1 : 0
    for (let requests = 1; this.#heldFiles < max && io.clock.now() <= until; requests = PARALLEL) {
      const answers = await Promise.all(
        Array.from({ length: requests }, () => this.#receiveSome(requests === 1 ? wait : 0, intervalMs)),
      )
      for (const message of answers.flat()) this.#hold(message, passed)
      if (answers.some((messages) => messages.length < MESSAGES_MAX)) break
    }
    for (const reason of ['test', 'foreign'] as const) this.#report(reason, passed[reason], io)
  }

  get #heldFiles(): number {
    return this.#held.values().reduce((sum, { files }) => sum + files.length, 0)
  }

  async #receiveSome(waitSeconds: number, intervalMs: number): Promise<readonly Message[]> {
    const { client, sdk } = await this.#clients().sqs()
    const { queueUrl, visibilityMs = Math.max(VISIBILITY_MS, 3 * intervalMs) } = this.#events
    const command = new sdk.ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: MESSAGES_MAX,
      WaitTimeSeconds: waitSeconds,
      VisibilityTimeout: Math.ceil(Math.min(visibilityMs, VISIBILITY_MS_MAX) / 1000),
    })
    const { Messages: messages = [] } = await insist(queueUrl, () => client.send(command))
    return messages
  }

  #hold(
    { MessageId: id, ReceiptHandle: receipt, Body: body = '' }: Message,
    passed: { test: number; foreign: number },
  ): void {
    const told = toldBy(body)
    if (!this.#isOurs(told)) passed.foreign++
    else if (told.kind === 'test') {
      passed.test++
      this.#held.set(id!, { receipt: receipt!, files: [] })
    } else if (told.kind === 'objects') {
      const written = told.written.map(({ bucket, key, size, etag, time, sequencer }) => ({
        path: pathOf(bucket, key),
        mtimeMs: time,
        size,
        etag,
        sequencer,
      }))
      const files = written.filter(({ path }) => this.#isFile(path))
      this.#held.set(id!, { receipt: receipt!, files })
    }
  }

  #isOurs(told: ToldBy): boolean {
    if (told.kind === 'test') return told.bucket === this.#bucket
    return told.kind === 'objects' && told.about.every(({ bucket, key }) => this.#isBelow(pathOf(bucket, key)))
  }

  /** Foreign messages as a warning the first time: the queue may be the wrong one. */
  #report(reason: 'test' | 'foreign', messages: number, { log }: CutRequest['io']): void {
    if (messages === 0) return
    const isFirst = this.#passed[reason] === 0
    this.#passed[reason] += messages
    const count = messages === 1 ? '1 message' : `${messages} messages`
    log.event({
      type: 'source-messages',
      level: reason === 'foreign' && isFirst ? 'warn' : 'info',
      queue: this.#events.queueUrl,
      reason,
      messages,
      total: this.#passed[reason],
      message:
        reason === 'test'
          ? `${count} of ${this.#events.queueUrl} from when it was set up`
          : `${count} of ${this.#events.queueUrl} of no object below ${this.#directory}: left in the queue`,
    })
  }
}

/** The client sends each request once. */
async function insist<R>(queueUrl: string, send: () => Promise<R>): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send()
    } catch (error) {
      if (attempt === ATTEMPTS || isRefusal(error)) throw error
      await setTimeout(backoffMs(`${queueUrl} ${messageOf(error)}`, attempt))
    }
  }
}

/** Sequencers differ in length, and compare as if zeros followed. */
const padded = (sequencer: string): string => sequencer.padEnd(32, '0')
