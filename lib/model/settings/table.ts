import type { Setting } from './kinds.ts'

/**
 * Every setting that the library reads. What is not here is kept and handed back by `conf.get`, and changes nothing;
 * names that look like one of these and are none are refused at the start (`check.ts`). `docs/settings.md` is made from
 * this table, in this order.
 */
export const settings = {
  'spark.app.name': {
    kind: 'text',
    initial: 'sluice',
  },
  'spark.master': {
    kind: 'text',
    initial: 'local[*]',
  },
  'spark.default.parallelism': {
    kind: 'whole',
    initial: null,
    initially: 'n of `local[n]`, else all cores',
    min: 1,
    max: 65_536,
  },
  'spark.task.maxFailures': {
    kind: 'whole',
    initial: null,
    initially: '1; on AWS 4',
    min: 1,
    max: 1000,
  },
  'spark.speculation': {
    kind: 'switch',
    initial: 'false',
  },
  'spark.speculation.quantile': {
    kind: 'fraction',
    initial: '0.9',
    min: 0,
    max: 1,
  },
  'spark.speculation.multiplier': {
    kind: 'fraction',
    initial: '3',
    min: 1,
    max: 1000,
  },
  'spark.speculation.interval': {
    kind: 'time',
    unit: 'ms',
    initial: '100ms',
    min: '10ms',
    max: '1h',
  },
  'spark.speculation.minTaskRuntime': {
    kind: 'time',
    unit: 'ms',
    initial: '100ms',
    min: '0ms',
    max: '1d',
  },
  'spark.streaming.backpressure.enabled': {
    kind: 'switch',
    initial: 'false',
  },
  'spark.streaming.backpressure.initialRate': {
    kind: 'whole',
    initial: '0',
    initially: '`0`: no limit',
    min: 0,
    max: 1_000_000_000,
  },
  'spark.streaming.backpressure.rateEstimator': {
    kind: 'choice',
    initial: 'pid',
    of: ['pid'],
  },
  'spark.streaming.backpressure.pid.proportional': {
    kind: 'fraction',
    initial: '1.0',
    min: 0,
    max: 1000,
  },
  'spark.streaming.backpressure.pid.integral': {
    kind: 'fraction',
    initial: '0.2',
    min: 0,
    max: 1000,
  },
  'spark.streaming.backpressure.pid.derived': {
    kind: 'fraction',
    initial: '0.0',
    min: 0,
    max: 1000,
  },
  'spark.streaming.backpressure.pid.minRate': {
    kind: 'fraction',
    initial: '100',
    min: 0.001,
    max: 1_000_000_000,
  },
  'spark.streaming.receiver.maxRate': {
    kind: 'whole',
    initial: '0',
    initially: '`0`: no limit',
    min: -1_000_000_000,
    max: 1_000_000_000,
  },
  'spark.streaming.kafka.maxRatePerPartition': {
    kind: 'whole',
    initial: '0',
    initially: '`0`: no limit',
    min: 0,
    max: 1_000_000_000,
  },
  'spark.streaming.kafka.minRatePerPartition': {
    kind: 'whole',
    initial: '1',
    min: 0,
    max: 1_000_000_000,
  },
  'spark.streaming.blockInterval': {
    kind: 'time',
    unit: 'ms',
    initial: '200ms',
    min: '1ms',
    max: '1h',
  },
  'spark.streaming.blockQueueSize': {
    kind: 'whole',
    initial: '10',
    min: 1,
    max: 100_000,
  },
  'spark.streaming.receiverRestartDelay': {
    kind: 'time',
    unit: 'ms',
    initial: '2s',
    min: '1ms',
    max: '1d',
  },
  'spark.streaming.fileStream.minRememberDuration': {
    kind: 'time',
    unit: 's',
    initial: null,
    initially: 'that of its old name, `60s`',
    min: '1s',
    max: '3650d',
  },
  'spark.streaming.minRememberDuration': {
    kind: 'time',
    unit: 's',
    initial: '60s',
    min: '1s',
    max: '3650d',
  },
  'spark.streaming.checkpoint.directory': {
    kind: 'text',
    initial: null,
  },
  'spark.streaming.stopGracefullyOnShutdown': {
    kind: 'switch',
    initial: 'false',
  },
  'spark.streaming.stopSparkContextByDefault': {
    kind: 'switch',
    initial: 'true',
  },
  'sluice.onError': {
    kind: 'choice',
    initial: 'fail',
    of: ['fail', 'dead-letter'],
  },
  'sluice.output.hold': {
    kind: 'choice',
    initial: 'sinks',
    of: ['sinks', 'all', 'none'],
  },
  'sluice.output.retryWait': {
    kind: 'time',
    unit: 'ms',
    initial: '1s',
    min: '10ms',
    max: '1h',
  },
  'sluice.output.retryWaitMax': {
    kind: 'time',
    unit: 'ms',
    initial: '5m',
    min: '10ms',
    max: '1h',
  },
  'sluice.output.backlogMax': {
    kind: 'whole',
    initial: '100',
    min: 1,
    max: 1000,
  },
  'sluice.source.attempts': {
    kind: 'whole',
    initial: '20',
    min: 1,
    max: 1_000_000,
  },
  'sluice.task.timeout': {
    kind: 'time',
    unit: 'ms',
    initial: '0ms',
    initially: '`0ms`: no limit',
    min: '0ms',
    max: '1d',
  },
  'sluice.dropState': {
    kind: 'names',
    initial: '',
  },
  'sluice.state.keyBytesMax': {
    kind: 'size',
    initial: '32m',
    min: '1k',
    max: '2g',
  },
  'sluice.state.compactApiece': {
    kind: 'whole',
    initial: '16384',
    min: 1,
    max: 1_000_000_000,
  },
  'sluice.trigger': {
    kind: 'choice',
    initial: 'interval',
    of: ['interval', 'events'],
  },
  'sluice.catchUpMax': {
    kind: 'whole',
    initial: '1000',
    min: 0,
    max: 1_000_000,
  },
  'sluice.keepBatches': {
    kind: 'whole',
    initial: '2',
    min: 2,
    max: 100_000,
  },
  'sluice.receiver.relaunch': {
    kind: 'switch',
    initial: 'false',
  },
} as const satisfies Record<string, Setting>

/**
 * Spark's names that a program may set and that change nothing here, with the reason. They are no mistakes, and no
 * other name is taken for a misspelling of a setting only because it is near.
 */
export const withoutEffect: Readonly<Record<string, string>> = {
  'spark.streaming.concurrentJobs': 'batches run one after the other, their tasks beside each other',
  'spark.streaming.receiver.writeAheadLog.enable': 'what a receiver takes is always stored before it counts',
  'spark.streaming.receiver.writeAheadLog.rollingIntervalSecs': 'there is no log of its own',
  'spark.streaming.receiver.writeAheadLog.maxFailures': 'there is no log of its own',
  'spark.streaming.receiver.writeAheadLog.closeFileAfterWrite': 'there is no log of its own',
  'spark.streaming.receiver.writeAheadLog.class': 'there is no log of its own',
  'spark.streaming.driver.writeAheadLog.rollingIntervalSecs': 'the head log is written with every batch',
  'spark.streaming.driver.writeAheadLog.maxFailures': 'the head log is written with every batch',
  'spark.streaming.driver.writeAheadLog.closeFileAfterWrite': 'the head log is written with every batch',
  'spark.streaming.driver.writeAheadLog.class': 'the head log is written with every batch',
  'spark.streaming.driver.writeAheadLog.allowBatching': 'the head log is written with every batch',
  'spark.streaming.driver.writeAheadLog.batchingTimeout': 'the head log is written with every batch',
  'spark.streaming.receiver.blockStoreTimeout': 'storing a block is tried until it succeeds or fails',
  'spark.streaming.unpersist': 'what a stream no longer needs is always dropped',
  'spark.streaming.gracefulStopTimeout': 'a graceful stop ends with the batch under way',
  'spark.streaming.ui.retainedBatches': 'there is no page of Spark here',
  'spark.streaming.extraListeners': 'listeners are added with `ssc.addStreamingListener`',
  'spark.streaming.clock': 'tests bring a clock of their own: `testApp`',
  'spark.streaming.manualClock.jump': 'tests bring a clock of their own: `testApp`',
  'spark.streaming.sessionByKey.deltaChainThreshold': 'state is stored as changes that are packed when they add up',
  'spark.streaming.dynamicAllocation.enabled': 'there are no executors to add or take away',
  'spark.streaming.dynamicAllocation.minExecutors': 'there are no executors to add or take away',
  'spark.streaming.dynamicAllocation.maxExecutors': 'there are no executors to add or take away',
  'spark.streaming.dynamicAllocation.scalingInterval': 'there are no executors to add or take away',
  'spark.streaming.dynamicAllocation.scalingUpRatio': 'there are no executors to add or take away',
  'spark.streaming.dynamicAllocation.scalingDownRatio': 'there are no executors to add or take away',
}
