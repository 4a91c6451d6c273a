import { unlessEmpty, own } from '../../model/given.ts'
import type { OperatorUid } from '../../model/ids.ts'
import type { LearnedRate, Manifest } from '../../model/manifest.ts'
import type { ProgramFacts } from '../../model/program-facts.ts'
import { settingsOf, textsOf } from '../../model/settings/read.ts'
import type { SourceRates } from '../batch/held-app.ts'
import type { BatchInfo } from '../../observe/streaming-listener.ts'
import { type CompletedBatch, createRateController, type RateController } from '../../source/rate/rate-controller.ts'

interface Input {
  readonly id: number
  readonly uid: OperatorUid
  readonly receives: boolean
  readonly rate: RateController | null
}

/** Who hears of rates; see `Parts`. */
interface RateEars {
  readonly unlimited?: boolean
  readonly onRates?: (rates: ReadonlyMap<OperatorUid, number>) => void
}

/** How fast the sources of a program may go, learned from how fast its batches were processed. */
export class Rates implements SourceRates {
  readonly #inputs: readonly Input[]
  readonly #batchMs: number
  readonly #ears: RateEars

  constructor({ inputs, conf, intervalMs }: ProgramFacts, ears: RateEars) {
    this.#ears = ears
    const settings = settingsOf(textsOf(conf))
    this.#batchMs = intervalMs
    this.#inputs = inputs
      .map(({ uid, receives, leadsOn }, id) => ({
        id,
        uid,
        receives,
        leadsOn,
        rate: createRateController(settings, intervalMs),
      }))
      .filter(({ leadsOn }) => leadsOn)
  }

  /** Goes on from what an earlier coordinator learned. */
  recall(rates: Manifest['rates'] = {}): void {
    for (const { uid, rate } of this.#inputs) {
      const learned = own(rates, uid)
      if (learned) rate?.recall(learned)
    }
  }

  /** Most records of each source in the next batch; receivers are limited while they receive. */
  limits(): Record<string, number | null> {
    if (this.#ears.unlimited) return {}
    return Object.fromEntries(
      this.#inputs.map(({ uid, receives, rate }) => [uid, receives ? null : (rate?.limit(this.#batchMs) ?? null)]),
    )
  }

  /** What backpressure knows once the batch is done, should it be done now: for whoever runs the next one. */
  learnedAfter(info: BatchInfo): Record<string, LearnedRate> | null {
    if (this.#ears.unlimited) return null
    const learned = this.#inputs.flatMap(({ id, uid, rate }): [string, LearnedRate][] =>
      rate ? [[uid, rate.memoryAfter(completedBatch(info, id))]] : [],
    )
    return unlessEmpty(Object.fromEntries(learned))
  }

  /** Learns from the batch, and tells the new rates, in records per second, of sources where they changed. */
  onBatchCompleted({ batchInfo }: { readonly batchInfo: BatchInfo }): void {
    const updated = new Map<OperatorUid, number>()
    for (const { id, uid, rate } of this.#inputs) {
      const next = rate?.batchCompleted(completedBatch(batchInfo, id)) ?? null
      if (next !== null) updated.set(uid, next)
    }
    if (updated.size > 0) this.#ears.onRates?.(updated)
  }
}

/** One that has read nothing of the stream teaches nothing. */
const completedBatch = (
  { streamIdToInputInfo, processingEndTime, processingDelay, schedulingDelay }: BatchInfo,
  stream: number,
): CompletedBatch => ({
  processingEndTime: processingEndTime!,
  records: streamIdToInputInfo.get(stream)?.numRecords ?? 0,
  processingDelay: processingDelay!,
  schedulingDelay: schedulingDelay!,
})
