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
    says: 'The name of the application, and of the folder that holds its state.',
  },
  'spark.master': {
    kind: 'text',
    initial: 'local[*]',
    says: '`local[n]` sets the default parallelism to n; nothing else follows from it.',
  },
  'spark.default.parallelism': {
    kind: 'whole',
    initial: null,
    initially: 'n of `local[n]`, else all cores',
    min: 1,
    max: 65_536,
    says: 'Partitions where nothing else says how many.',
  },
  'spark.task.maxFailures': {
    kind: 'whole',
    initial: null,
    initially: '1; on AWS 4',
    min: 1,
    max: 1000,
    says: 'Attempts of a task before its batch fails. A task that gave no answer gets four at least.',
  },
  'spark.speculation': {
    kind: 'switch',
    initial: 'false',
    says:
      'Launches a slow task of a stage a second time; the first good answer counts. ' +
      'It takes tasks that run beside each other: `--workers`, or AWS.',
  },
  'spark.speculation.quantile': {
    kind: 'fraction',
    initial: '0.9',
    min: 0,
    max: 1,
    says: "The share of a stage's tasks that must be done before one is called slow.",
  },
  'spark.speculation.multiplier': {
    kind: 'fraction',
    initial: '3',
    min: 1,
    max: 1000,
    says: 'How many times the median of those that are done a task may take.',
  },
  'spark.speculation.interval': {
    kind: 'time',
    unit: 'ms',
    initial: '100ms',
    min: '10ms',
    max: '1h',
    says: 'How often is looked for slow tasks.',
  },
  'spark.speculation.minTaskRuntime': {
    kind: 'time',
    unit: 'ms',
    initial: '100ms',
    min: '0ms',
    max: '1d',
    says: 'No task is slow before it has run for so long.',
  },
  'spark.streaming.backpressure.enabled': {
    kind: 'switch',
    initial: 'false',
    says: 'Limits what receivers take to what batches can bear, by a PID controller.',
  },
  'spark.streaming.backpressure.initialRate': {
    kind: 'whole',
    initial: '0',
    initially: '`0`: no limit',
    min: 0,
    max: 1_000_000_000,
    says: 'Records per second before anything has been measured.',
  },
  'spark.streaming.backpressure.rateEstimator': {
    kind: 'choice',
    initial: 'pid',
    of: ['pid'],
    says: 'How the rate is found; there is one way, as in Spark.',
  },
  'spark.streaming.backpressure.pid.proportional': {
    kind: 'fraction',
    initial: '1.0',
    min: 0,
    max: 1000,
    says: 'The weight of the difference between the last rate and what was processed.',
  },
  'spark.streaming.backpressure.pid.integral': {
    kind: 'fraction',
    initial: '0.2',
    min: 0,
    max: 1000,
    says: 'The weight of what has piled up.',
  },
  'spark.streaming.backpressure.pid.derived': {
    kind: 'fraction',
    initial: '0.0',
    min: 0,
    max: 1000,
    says: 'The weight of how fast the difference changes.',
  },
  'spark.streaming.backpressure.pid.minRate': {
    kind: 'fraction',
    initial: '100',
    min: 0.001,
    max: 1_000_000_000,
    says: 'Records per second that the controller never goes below.',
  },
  'spark.streaming.receiver.maxRate': {
    kind: 'whole',
    initial: '0',
    initially: '`0`: no limit',
    min: -1_000_000_000,
    max: 1_000_000_000,
    says: 'Records per second and receiver; 0 or less sets no limit.',
  },
  'spark.streaming.kafka.maxRatePerPartition': {
    kind: 'whole',
    initial: '0',
    initially: '`0`: no limit',
    min: 0,
    max: 1_000_000_000,
    says: 'Most records per second and partition of a topic, for `createDirectStream` and `createStream`.',
  },
  'spark.streaming.kafka.minRatePerPartition': {
    kind: 'whole',
    initial: '1',
    min: 0,
    max: 1_000_000_000,
    says: 'Records per second that are read of a partition whatever backpressure says.',
  },
  'spark.streaming.blockInterval': {
    kind: 'time',
    unit: 'ms',
    initial: '200ms',
    min: '1ms',
    max: '1h',
    says: 'How long a receiver collects records before it stores them as a block; below 50ms blocks get very small.',
  },
  'spark.streaming.blockQueueSize': {
    kind: 'whole',
    initial: '10',
    min: 1,
    max: 100_000,
    says: 'Blocks that may wait to be stored before a receiver is made to wait.',
  },
  'spark.streaming.receiverRestartDelay': {
    kind: 'time',
    unit: 'ms',
    initial: '2s',
    min: '1ms',
    max: '1d',
    says: 'Between the end of a receiver and its next start.',
  },
  'spark.streaming.fileStream.minRememberDuration': {
    kind: 'time',
    unit: 's',
    initial: null,
    initially: 'that of its old name, `60s`',
    min: '1s',
    max: '3650d',
    says: 'How long after its time stamp a file may appear and still be read.',
  },
  'spark.streaming.minRememberDuration': {
    kind: 'time',
    unit: 's',
    initial: '60s',
    min: '1s',
    max: '3650d',
    says: 'The old name of `spark.streaming.fileStream.minRememberDuration`, which counts if both are set.',
  },
  'spark.streaming.checkpoint.directory': {
    kind: 'text',
    initial: null,
    says: 'What `ssc.checkpoint(…)` sets.',
  },
  'spark.streaming.stopGracefullyOnShutdown': {
    kind: 'switch',
    initial: 'false',
    says: 'Whether SIGTERM finishes the batch; ^C always does.',
  },
  'spark.streaming.stopSparkContextByDefault': {
    kind: 'switch',
    initial: 'true',
    says: 'Whether `ssc.stop()` stops the SparkContext too.',
  },
  'sluice.onError': {
    kind: 'choice',
    initial: 'fail',
    of: ['fail', 'dead-letter'],
    says: '`dead-letter` sets aside the records that make a function throw; see [bad records](cli.md#bad-records).',
  },
  'sluice.output.hold': {
    kind: 'choice',
    initial: 'sinks',
    of: ['sinks', 'all', 'none'],
    says:
      'Which outputs that fail are held, and tried again, instead of ending the run: those to sinks, all, or none, ' +
      'as in Spark; see [outputs](sinks.md#an-output-that-fails).',
  },
  'sluice.output.retryWait': {
    kind: 'time',
    unit: 'ms',
    initial: '1s',
    min: '10ms',
    max: '1h',
    says: 'The first wait before an output that failed is tried again; each further one is twice as long.',
  },
  'sluice.output.retryWaitMax': {
    kind: 'time',
    unit: 'ms',
    initial: '5m',
    min: '10ms',
    max: '1h',
    says: 'The longest of these waits, unless the other side asks for a longer one.',
  },
  'sluice.output.backlogMax': {
    kind: 'whole',
    initial: '100',
    min: 1,
    max: 1000,
    says: 'Undelivered batches of all outputs together; more, and no further batch is begun until some are delivered.',
  },
  'sluice.source.attempts': {
    kind: 'whole',
    initial: '20',
    min: 1,
    max: 1_000_000,
    says:
      'How often a batch is tried whose source does not answer, with waits that grow up to a minute, before the run ' +
      'ends; until the first batch of a run, three times at most.',
  },
  'sluice.task.timeout': {
    kind: 'time',
    unit: 'ms',
    initial: '0ms',
    initially: '`0ms`: no limit',
    min: '0ms',
    max: '1d',
    says: 'A task in a thread of its own that runs for longer is ended.',
  },
  'sluice.dropState': {
    kind: 'names',
    initial: '',
    says:
      'Operators whose state, or sources whose position, may be given up where a changed program has no place for ' +
      'it; see [changes](changes.md).',
  },
  'sluice.state.keyBytesMax': {
    kind: 'size',
    initial: '32m',
    min: '1k',
    max: '2g',
    says: 'Bytes that the state of one key may take; half of it is worth a warning.',
  },
  'sluice.state.compactApiece': {
    kind: 'whole',
    initial: '16384',
    min: 1,
    max: 1_000_000_000,
    says: 'Keys in a partition from which on its state is rewritten some key groups at a time, and never whole.',
  },
  'sluice.trigger': {
    kind: 'choice',
    initial: 'interval',
    of: ['interval', 'events'],
    says:
      'What batches come for: `interval`, one in each; `events`: on AWS, one after each event, with the batch ' +
      'interval as the least distance; see [events](aws.md#events). A process that stays (`sluice run`) has a batch ' +
      'in each interval either way.',
  },
  'sluice.catchUpMax': {
    kind: 'whole',
    initial: '1000',
    min: 0,
    max: 1_000_000,
    says:
      'Most missed batch times that are run after a downtime or while the machine slept, each for itself. Older ' +
      'times are skipped, and their input comes with the first batch that runs. `--skip-missed` means 1.',
  },
  'sluice.keepBatches': {
    kind: 'whole',
    initial: '2',
    min: 2,
    max: 100_000,
    says: 'Batches whose objects stay readable.',
  },
  'sluice.receiver.relaunch': {
    kind: 'switch',
    initial: 'false',
    says: 'Whether a receiver that stops by itself is started again.',
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
