import type { BatchInfo, OutputOperationInfo, StreamingListener } from '../../../lib/index.ts'
import { evaluate } from '../functions.ts'
import type { ContextObject } from './context.ts'
import { fitDiffers, fits } from './match.ts'
import { shown } from '../values.ts'

/** Writes down what a context tells its listeners. */
export class ListenerObject {
  readonly #batches = { submitted: [] as BatchInfo[], started: [] as BatchInfo[], completed: [] as BatchInfo[] }
  readonly #started: number[] = []
  readonly #outputs: OutputOperationInfo[] = []
  readonly #receivers = {
    receiverStarted: [] as number[],
    receiverStopped: [] as number[],
    receiverErrors: [] as object[],
  }
  readonly #context: ContextObject
  readonly #onFirstBatchCompleted: string | undefined
  #errorType: string | null = null
  #events = 0

  constructor(context: ContextObject, { onFirstBatchCompleted }: { readonly onFirstBatchCompleted?: string }) {
    this.#context = context
    this.#onFirstBatchCompleted = onFirstBatchCompleted
  }

  readonly events: StreamingListener = {
    onReceiverStarted: ({ receiverInfo }) =>
      this.#note(() => this.#receivers.receiverStarted.push(receiverInfo.streamId)),
    onReceiverStopped: ({ receiverInfo }) =>
      this.#note(() => this.#receivers.receiverStopped.push(receiverInfo.streamId)),
    onReceiverError: ({ receiverInfo }) => this.#note(() => this.#receivers.receiverErrors.push(receiverInfo)),
    onBatchSubmitted: ({ batchInfo }) => this.#note(() => this.#batches.submitted.push(batchInfo)),
    onBatchStarted: ({ batchInfo }) => this.#note(() => this.#batches.started.push(batchInfo)),
    onBatchCompleted: ({ batchInfo }) =>
      this.#note(() => {
        if (this.#batches.completed.push(batchInfo) === 1 && this.#onFirstBatchCompleted)
          this.#act(this.#onFirstBatchCompleted)
      }),
    onOutputOperationStarted: ({ outputOperationInfo }) => this.#note(() => this.#started.push(outputOperationInfo.id)),
    onOutputOperationCompleted: ({ outputOperationInfo }) => this.#note(() => this.#outputs.push(outputOperationInfo)),
  }

  #note(note: () => unknown): void {
    this.#events++
    note()
  }

  /** Spark's class of the error that the act threw is remembered. */
  #act(text: string): void {
    try {
      evaluate(text, {} as never, { ctx: this.#context.context })
    } catch (error) {
      this.#errorType = (error as { spark?: string }).spark ?? (error as Error).name
    }
  }

  reset(): void {
    this.#events = 0
  }
  eventCount(): number {
    return this.#events
  }
  errorSeenInCallback(): string | null {
    return this.#errorType
  }
  submitted() {
    return batchesFit(this.#batches.submitted)
  }
  started() {
    return batchesFit(this.#batches.started)
  }
  completed() {
    return batchesFit(this.#batches.completed)
  }

  /** By id of the output operation, in the first batch. */
  failureReasons() {
    const first = this.#outputs.filter(({ batchTime }) => batchTime === this.#outputs[0]?.batchTime)
    return (expected: unknown) =>
      fitDiffers(Object.fromEntries(first.map(({ id, failureReason }) => [id, failureReason])), expected)
  }

  /** Ids of the first three output operations that began, and of those that ended. */
  outputOperationStartedFirst3(): number[] {
    return this.#started.slice(0, 3)
  }
  outputOperationCompletedFirst3(): number[] {
    return this.#outputs.slice(0, 3).map(({ id }) => id)
  }

  eventually() {
    const seen = {
      ...this.#receivers,
      outputOperationStartedFirst3: this.outputOperationStartedFirst3(),
      outputOperationCompletedFirst3: this.outputOperationCompletedFirst3(),
    }
    return ({ receiverErrors, ...lists }: Record<string, any>) => {
      const errors = receiverErrors?.map(({ streamId, messageContains, errorContains }: any) => ({
        streamId,
        lastErrorMessage: { contains: messageContains },
        lastError: { contains: errorContains },
      }))
      // A case about outputs says nothing of receivers; one about receivers says all of them.
      const aboutOutputs = Object.keys(lists).every((name) => name.startsWith('outputOperation'))
      return fitDiffers(seen, { ...lists, ...(errors || !aboutOutputs ? { receiverErrors: errors ?? [] } : {}) })
    }
  }
}

interface Expected {
  readonly count: number
  readonly each: Record<string, unknown> & { readonly inputInfo?: object }
  readonly nonDecreasing: readonly (keyof BatchInfo)[]
}

const batchesFit =
  (batches: readonly BatchInfo[]) =>
  ({ count, each, nonDecreasing }: Expected): string | null => {
    if (batches.length !== count) return `${batches.length} batches, expected ${count}`
    const { inputInfo, ...fields } = each
    for (const batch of batches) {
      const inputs = Object.fromEntries(
        [...batch.streamIdToInputInfo].map(([id, info]) => [
          id,
          { streamId: info.inputStreamId, numRecords: info.numRecords },
        ]),
      )
      if (!fits(batch, fields) || (inputInfo && !fits(inputs, inputInfo)))
        return `got ${shown({ ...batch, inputInfo: inputs })}, expected ${shown(each)}`
    }
    // The times of one batch follow each other, and those of later batches are not earlier.
    const times = batches.map((batch) => nonDecreasing.map((name) => batch[name] as number))
    const rises = (list: readonly number[]): boolean => list.every((time, i) => i === 0 || list[i - 1] <= time)
    return times.every(rises) && nonDecreasing.every((_, i) => rises(times.map((row) => row[i])))
      ? null
      : `times fall: ${shown(times)}`
  }
