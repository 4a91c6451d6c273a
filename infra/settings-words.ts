import type { settings } from '../lib/model/settings/table.ts'
import type { variables } from '../lib/model/settings/variables.ts'

/** One sentence on each setting for the page of settings, apart from the table that each process reads. */
export const settingWords: Readonly<Record<keyof typeof settings, string>> = {
  'spark.app.name': 'The name of the application, and of the folder that holds its state.',
  'spark.master': '`local[n]` sets the default parallelism to n; nothing else follows from it.',
  'spark.default.parallelism': 'Partitions where nothing else says how many.',
  'spark.task.maxFailures': 'Attempts of a task before its batch fails. A task that gave no answer gets four at least.',
  'spark.speculation':
    'Launches a slow task of a stage a second time; the first good answer counts. ' +
    'It takes tasks that run beside each other: `--workers`, or AWS.',
  'spark.speculation.quantile': "The share of a stage's tasks that must be done before one is called slow.",
  'spark.speculation.multiplier': 'How many times the median of those that are done a task may take.',
  'spark.speculation.interval': 'How often is looked for slow tasks.',
  'spark.speculation.minTaskRuntime': 'No task is slow before it has run for so long.',
  'spark.streaming.backpressure.enabled': 'Limits what receivers take to what batches can bear, by a PID controller.',
  'spark.streaming.backpressure.initialRate': 'Records per second before anything has been measured.',
  'spark.streaming.backpressure.rateEstimator': 'How the rate is found; there is one way, as in Spark.',
  'spark.streaming.backpressure.pid.proportional':
    'The weight of the difference between the last rate and what was processed.',
  'spark.streaming.backpressure.pid.integral': 'The weight of what has piled up.',
  'spark.streaming.backpressure.pid.derived': 'The weight of how fast the difference changes.',
  'spark.streaming.backpressure.pid.minRate': 'Records per second that the controller never goes below.',
  'spark.streaming.receiver.maxRate': 'Records per second and receiver; 0 or less sets no limit.',
  'spark.streaming.kafka.maxRatePerPartition':
    'Most records per second and partition of a topic, for `createDirectStream` and `createStream`.',
  'spark.streaming.kafka.minRatePerPartition':
    'Records per second that are read of a partition whatever backpressure says.',
  'spark.streaming.blockInterval':
    'How long a receiver collects records before it stores them as a block; below 50ms blocks get very small.',
  'spark.streaming.blockQueueSize': 'Blocks that may wait to be stored before a receiver is made to wait.',
  'spark.streaming.receiverRestartDelay': 'Between the end of a receiver and its next start.',
  'spark.streaming.fileStream.minRememberDuration':
    'How long after its time stamp a file may appear and still be read.',
  'spark.streaming.minRememberDuration':
    'The old name of `spark.streaming.fileStream.minRememberDuration`, which counts if both are set.',
  'spark.streaming.checkpoint.directory': 'What `ssc.checkpoint(…)` sets.',
  'spark.streaming.stopGracefullyOnShutdown': 'Whether SIGTERM finishes the batch; ^C always does.',
  'spark.streaming.stopSparkContextByDefault': 'Whether `ssc.stop()` stops the SparkContext too.',
  'sluice.onError':
    '`dead-letter` sets aside the records that make a function throw; see [bad records](cli.md#bad-records).',
  'sluice.output.hold':
    'Which outputs that fail are held, and tried again, instead of ending the run: those to sinks, all, or none, ' +
    'as in Spark; see [outputs](sinks.md#an-output-that-fails).',
  'sluice.output.retryWait':
    'The first wait before an output that failed is tried again; each further one is twice as long. ' +
    'More than the longest is refused.',
  'sluice.output.retryWaitMax': 'The longest of these waits, unless the other side asks for a longer one.',
  'sluice.output.backlogMax':
    'Undelivered batches of all outputs together; more, and no further batch is begun until some are delivered.',
  'sluice.source.attempts':
    'How often a batch is tried while a source, or the place of state and objects, does not answer, with waits that ' +
    'grow up to a minute, before the run ends; until the first batch of a run, three times at most.',
  'sluice.task.timeout': 'A task in a thread of its own that runs for longer is ended.',
  'sluice.dropState':
    'Operators whose state, or sources whose position, may be given up where a changed program has no place for ' +
    'it; see [changes](changes.md).',
  'sluice.state.keyBytesMax': 'Bytes that the state of one key may take; half of it is worth a warning.',
  'sluice.state.compactApiece':
    'Keys in a partition from which on its state is rewritten some key groups at a time, and never whole.',
  'sluice.trigger':
    'What batches come for: `interval`, one in each; `events`: on AWS, one after each event, with the batch ' +
    'interval as the least distance; see [events](aws.md#events). A process that stays (`sluice run`) has a batch ' +
    'in each interval either way.',
  'sluice.catchUpMax':
    'Most missed batch times that are run after a downtime or while the machine slept, each for itself. Older ' +
    'times are skipped, and their input comes with the first batch that runs. `--skip-missed` means 1.',
  'sluice.keepBatches': 'Batches whose objects stay readable.',
  'sluice.receiver.relaunch': 'Whether a receiver that stops by itself is started again.',
}

/** The same of variables of the environment. */
export const variableWords: Readonly<Record<keyof typeof variables, string>> = {
  SLUICE_DIR: 'The directory for head, blobs and state where `--dir` is not given.',
  SLUICE_TABLE: 'The DynamoDB table that holds the heads.',
  SLUICE_BUCKET: 'The S3 bucket for blobs.',
  SLUICE_TASK_FUNCTION: 'The name of the task function.',
  SLUICE_OUTPUT_FUNCTION: 'The name of the output function.',
  SLUICE_TICK_QUEUE: 'The address of the queue by which the coordinator wakes itself for batches.',
  SLUICE_RECEIVER: 'The source whose receiver this function runs.',
  SLUICE_SLOTS: 'Tasks of a stage that run at once, and what `local[*]` means.',
  SLUICE_WATCHED: 'Set by `sluice dev` for its runs.',
  SLUICE_SOURCES: 'Set by `sluice dev` for its runs: what `--source` says.',
  SLUICE_OUTPUTS: 'Set by `sluice dev` for its runs: what `--outputs` says.',
  SLUICE_TRACE: 'Keeps stacks, and shows so many lines of what happened before a violation.',
  SLUICE_SEED: 'Runs a random test with the seed that it printed.',
  SLUICE_TIMES: 'How often a repeated test runs.',
  SLUICE_WRITE_DOCS: 'Writes what pages show instead of comparing it.',
}
