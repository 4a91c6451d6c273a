import type { LearnedRate } from '../../model/manifest.ts'
import { SluiceError } from '../../model/errors.ts'

/** How fast a stream may deliver, learned from how fast its batches were processed. */
export interface RateEstimator {
  /** Records per second, or null when this batch teaches nothing. Times in ms; `time` is when the batch was done. */
  compute(time: number, numElements: number, processingDelay: number, schedulingDelay: number): number | null
  /** All that the next estimate rests on. */
  latest: LearnedRate['latest']
}

interface PidSettings {
  readonly batchMs: number
  /** Weight of the difference between the last rate and the rate of processing. At least 0. */
  readonly proportional: number
  /** Weight of the records that wait, at least 0: it works the backlog off. */
  readonly integral: number
  /** Weight of the change of the difference. At least 0. */
  readonly derivative: number
  /** Records per second below which the rate never goes. Above 0. */
  readonly minRate: number
}

/** Spark's `PIDRateEstimator`: the first usable batch sets the rate to its own speed and says nothing. */
export class PIDRateEstimator implements RateEstimator {
  readonly #settings: PidSettings
  latest: LearnedRate['latest'] = null

  constructor(settings: PidSettings) {
    check(settings.batchMs > 0, `Specified batch interval ${settings.batchMs} in PIDRateEstimator is invalid.`)
    check(settings.proportional >= 0, `Proportional term ${settings.proportional} in PIDRateEstimator should be >= 0.`)
    check(settings.integral >= 0, `Integral term ${settings.integral} in PIDRateEstimator should be >= 0.`)
    check(settings.derivative >= 0, `Derivative term ${settings.derivative} in PIDRateEstimator should be >= 0.`)
    check(settings.minRate > 0, `Minimum rate in PIDRateEstimator should be > 0.`)
    this.#settings = settings
  }

  compute(time: number, numElements: number, processingDelay: number, schedulingDelay: number): number | null {
    const before = this.latest
    if (numElements <= 0 || processingDelay <= 0 || (before && time <= before.time)) return null
    const processingRate = (numElements / processingDelay) * 1000
    if (!before) {
      this.latest = { time, rate: processingRate, error: 0 }
      return null
    }
    const { batchMs, proportional, integral, derivative, minRate } = this.#settings
    const error = before.rate - processingRate
    const waiting = (schedulingDelay * processingRate) / batchMs
    const change = (error - before.error) / ((time - before.time) / 1000)
    const rate = Math.max(before.rate - proportional * error - integral * waiting - derivative * change, minRate)
    this.latest = { time, rate, error }
    return rate
  }
}

function check(holds: boolean, message: string): void {
  if (!holds)
    throw new SluiceError('E_CONF', message, {
      did: 'nothing was started',
      spark: 'IllegalArgumentException',
      next: ['correct spark.streaming.backpressure.pid.* and the batch interval'],
    })
}
