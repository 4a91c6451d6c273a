import { backoffMs } from '../../../host/backoff.ts'
import type { Clock } from '../../../host/clock.ts'
import { messageOf, SluiceError } from '../../../model/errors.ts'
import type { Json } from '../../../model/json.ts'
import type { AwsClients } from '../clients.ts'
import { isRefusal } from '../service-error.ts'

/** A message that the queue holds back for `delaySeconds`, 900 at most. */
interface Delayed {
  readonly body: Json
  readonly delaySeconds: number
}

/** Most messages of a request. */
const MESSAGES_MAX = 10
const ATTEMPTS = 5

/**
 * The queue by which the coordinator is woken. What is sent may come twice, and where an answer is lost it is sent
 * twice: that does no harm. Throws `E_TICK_QUEUE` where the queue does not take it.
 */
export class TickQueue {
  readonly #clients: AwsClients
  readonly #clock: Clock
  readonly #url: string

  constructor(clients: AwsClients, clock: Clock, url: string) {
    this.#clients = clients
    this.#clock = clock
    this.#url = url
  }

  async send(messages: readonly Delayed[]): Promise<void> {
    await this.#inBatches(messages, async (some) => {
      const { client, sdk } = await this.#clients.sqs()
      const Entries = some.map(({ body, delaySeconds }, i) => ({
        Id: String(i),
        MessageBody: JSON.stringify(body),
        DelaySeconds: delaySeconds,
      }))
      return client.send(new sdk.SendMessageBatchCommand({ QueueUrl: this.#url, Entries }))
    })
  }

  /** Messages that were received, by their receipts, so that they do not come again. */
  async delete(receipts: readonly string[]): Promise<void> {
    await this.#inBatches(receipts, async (some) => {
      const { client, sdk } = await this.#clients.sqs()
      const Entries = some.map((ReceiptHandle, i) => ({ Id: String(i), ReceiptHandle }))
      return client.send(new sdk.DeleteMessageBatchCommand({ QueueUrl: this.#url, Entries }))
    })
  }

  async #inBatches<T>(all: readonly T[], request: (some: readonly T[]) => Promise<Answer>): Promise<void> {
    for (let at = 0; at < all.length; at += MESSAGES_MAX) await this.#insist(all.slice(at, at + MESSAGES_MAX), request)
  }

  /** The client sends each request once. Of a request only what the queue did not take is sent again. */
  async #insist<T>(all: readonly T[], request: (some: readonly T[]) => Promise<Answer>): Promise<void> {
    let left = all
    for (let attempt = 1; ; attempt++) {
      let failed: string
      try {
        const { Failed: refused = [] } = await request(left)
        const [first] = refused
        if (!first) return
        const again = new Set(refused.map(({ Id: id }) => Number(id)))
        left = left.filter((_, i) => again.has(i))
        failed = first.Message ?? 'it did not say why'
      } catch (error) {
        if (attempt === ATTEMPTS || isRefusal(error)) throw unavailable(this.#url, messageOf(error), error)
        failed = messageOf(error)
      }
      if (attempt === ATTEMPTS) throw unavailable(this.#url, failed)
      await this.#clock.sleepUntil(this.#clock.now() + backoffMs(this.#url, attempt))
    }
  }
}

interface Answer {
  readonly Failed?: readonly { readonly Id: string | undefined; readonly Message?: string | undefined }[] | undefined
}

const unavailable = (url: string, why: string, cause?: unknown): SluiceError =>
  new SluiceError('E_TICK_QUEUE', `The queue of ticks, ${url}, has not taken a request: ${why}`, {
    did: 'ticks that were to be sent are missing; the next one does their work',
    retry: true,
    next: ['check that the queue exists and that the role of the coordinator may send to it'],
    ...(cause === undefined ? {} : { cause }),
  })
