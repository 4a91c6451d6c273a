import { settingsOf } from '../../../lib/model/settings/read.ts'
import { SparkConf } from '../../../lib/model/spark-conf.ts'
import { PIDRateEstimator } from '../../../lib/source/rate/pid.ts'
import { createRateEstimator } from '../../../lib/source/rate/rate-controller.ts'

interface PidSpec {
  readonly batchIntervalMs: number
  readonly proportional: number
  readonly integral: number
  readonly derivative: number
  readonly minRate: number
}

interface Measured {
  readonly timeMs: number
  readonly numElements: number
  readonly processingDelayMs: number
  readonly schedulingDelayMs: number
}

export const pidEstimators = {
  new({ batchIntervalMs, ...terms }: PidSpec) {
    const estimator = new PIDRateEstimator({ batchMs: batchIntervalMs, ...terms })
    return {
      compute: (m: Measured) => estimator.compute(m.timeMs, m.numElements, m.processingDelayMs, m.schedulingDelayMs),
    }
  },
}

export const rateEstimators = {
  create: ({ conf, batchIntervalMs }: { readonly conf: Record<string, string>; readonly batchIntervalMs: number }) =>
    createRateEstimator(settingsOf(new SparkConf(conf)), batchIntervalMs),
}
