import type { Between } from '../wrapped-clients.ts'

interface Waiting {
  readonly body: string
  readonly delaySeconds: number
}

/** A queue that keeps what is sent until the test hands it on: its time is that of the test. */
export class RecordedQueue {
  readonly url = 'http://127.0.0.1/recorded'
  #waiting: Waiting[] = []
  readonly deleted: string[] = []
  requests = 0
  #delivered = 0

  /** Stands before the calls of a service. */
  readonly between: Between = (send, { constructor: { name }, input }) => {
    if (name === 'SendMessageBatchCommand') {
      this.requests++
      for (const { MessageBody: body, DelaySeconds: delaySeconds } of input.Entries)
        this.#waiting.push({ body, delaySeconds })
      return Promise.resolve({})
    }
    if (name === 'DeleteMessageBatchCommand') {
      for (const { ReceiptHandle: receipt } of input.Entries) this.deleted.push(receipt)
      return Promise.resolve({})
    }
    return send()
  }

  /** Seconds that each message is held back for. */
  get delays(): number[] {
    return this.#waiting.map(({ delaySeconds }) => delaySeconds)
  }

  /** What was sent, as the event of an invocation; with a number, so many messages of it. */
  take(count = this.#waiting.length): unknown {
    return this.event(...this.#waiting.splice(0, count).map(({ body }) => body))
  }

  /** Messages with these bodies, as the event of an invocation. */
  event(...bodies: readonly string[]): unknown {
    return {
      Records: bodies.map((body) => {
        const id = `message-${++this.#delivered}`
        return { messageId: id, receiptHandle: `receipt of ${id}`, body, eventSource: 'aws:sqs' }
      }),
    }
  }
}
