import type { LearnedRate } from '../../model/manifest.ts'
import type { SettingReader } from '../../model/settings/read.ts'
import { PIDRateEstimator, type RateEstimator } from './pid.ts'

export interface CompletedBatch {
  /** When its last output ended, ms since the epoch. */
  readonly processingEndTime: number
  /** Records of this stream in the batch. */
  readonly records: number
  readonly processingDelay: number
  readonly schedulingDelay: number
}

/** Follows one input stream and says how much it may deliver (Spark: `RateController`). */
export class RateController {
  readonly #estimator: RateEstimator
  /** Records per second; null until there is an estimate. */
  #rate: number | null

  constructor(estimator: RateEstimator, initialRate: number | null = null) {
    this.#estimator = estimator
    this.#rate = initialRate
  }

  /** The new rate in records per second, for `ReceiverControl.updateRate`; null when it stays as it was. */
  batchCompleted(batch: CompletedBatch): number | null {
    const rate = this.#estimator.compute(
      batch.processingEndTime,
      batch.records,
      batch.processingDelay,
      batch.schedulingDelay,
    )
    if (rate === null || rate <= 0) return null
    this.#rate = Math.floor(rate)
    return this.#rate
  }

  /** What is known once `batch` is done, should it be done now; nothing is learned from that yet. */
  memoryAfter(batch: CompletedBatch): LearnedRate {
    const before = this.#memory
    this.batchCompleted(batch)
    const after = this.#memory
    this.recall(before)
    return after
  }

  /** Goes on from what an earlier process has learned. */
  recall({ rate, latest }: LearnedRate): void {
    this.#rate = rate
    this.#estimator.latest = latest
  }

  get #memory(): LearnedRate {
    return { rate: this.#rate, latest: this.#estimator.latest }
  }

  /** Most records for a batch of `batchMs`, at least one so that a stream never stands still; null: no limit. */
  limit(batchMs: number): number | null {
    return this.#rate === null ? null : Math.max(1, Math.floor((this.#rate * batchMs) / 1000))
  }
}

/** The controller of one stream, or null where `spark.streaming.backpressure.enabled` is not true. */
export function createRateController(settings: SettingReader, batchMs: number): RateController | null {
  if (!settings('spark.streaming.backpressure.enabled')) return null
  const initial = settings('spark.streaming.backpressure.initialRate')
  return new RateController(createRateEstimator(settings, batchMs), initial > 0 ? initial : null)
}

/** Throws `E_CONF` for an estimator other than `pid`, and for settings that make no sense. @testing Judged alone. */
export function createRateEstimator(settings: SettingReader, batchMs: number): RateEstimator {
  // There is one kind; another name is refused here.
  settings('spark.streaming.backpressure.rateEstimator')
  return new PIDRateEstimator({
    batchMs,
    proportional: settings('spark.streaming.backpressure.pid.proportional'),
    integral: settings('spark.streaming.backpressure.pid.integral'),
    derivative: settings('spark.streaming.backpressure.pid.derived'),
    minRate: settings('spark.streaming.backpressure.pid.minRate'),
  })
}
