import { readSetting, type SettingTexts, type SettingValue } from '../model/settings/read.ts'

/** What the engine itself takes from the settings of a program, read once. */
export interface EngineSettings {
  /** Most missed batches that are caught up after a pause. */
  readonly catchUpMax: number
  /** Batches whose objects are kept. */
  readonly keepBatches: number
  /** How often a failing task is tried; `null`: as often as the host says. */
  readonly attemptsMax: number | null
  /** Bytes that the state of one key may take. */
  readonly keyBytesMax: number
  /** Keys in a partition from which on its state is rewritten some key groups at a time. */
  readonly compactApiece: number
  /** What happens to a batch whose functions throw: it fails, or the records that made it fail are set aside. */
  readonly onError: SettingValue<'sluice.onError'>
  /** When a slow task is launched a second time; `null`: never. */
  readonly speculation: Speculation | null
  /** Operators and sources whose state or position may be given up where the program has no place for it. */
  readonly dropState: readonly string[]
  /** What happens while an output does not take what it is given. */
  readonly outages: OutageSettings
  /** How often a batch is begun whose source does not answer. */
  readonly sourceAttemptsMax: number
  /** After how many ms a task is ended; `null`: never. */
  readonly taskTimeoutMs: number | null
}

/** How long a place that does not take what it is given is left alone. */
export interface OutageSettings {
  /** Which outputs are held instead of ending the run: those to sinks, all, or none, as in Spark. */
  readonly hold: SettingValue<'sluice.output.hold'>
  /** The first wait; each further one is about twice as long. */
  readonly waitMs: number
  readonly waitMaxMs: number
  /** So many undelivered batches of all outputs together, and no further batch is begun. */
  readonly backlogMax: number
}

/**
 * When a task of a stage is taken for a straggler and launched a second time (Spark's `spark.speculation`,
 * `TaskSetManager.checkSpeculatableTasks`).
 */
export interface Speculation {
  /** How often is looked, in ms. */
  readonly intervalMs: number
  /** The share of the stage's tasks that must be done before anybody is called slow. */
  readonly quantile: number
  /** How many times the median of those that are done a task may take. */
  readonly multiplier: number
  /** No task is slow before it has run for so long, in ms. */
  readonly minTaskRuntimeMs: number
}

/** Throws `E_CONF` and `E_LIMIT`. */
export function engineSettings(conf: SettingTexts): EngineSettings {
  return {
    catchUpMax: readSetting(conf, 'sluice.catchUpMax'),
    keepBatches: readSetting(conf, 'sluice.keepBatches'),
    attemptsMax: readSetting(conf, 'spark.task.maxFailures'),
    keyBytesMax: readSetting(conf, 'sluice.state.keyBytesMax'),
    compactApiece: readSetting(conf, 'sluice.state.compactApiece'),
    onError: readSetting(conf, 'sluice.onError'),
    speculation: speculationOf(conf),
    dropState: readSetting(conf, 'sluice.dropState'),
    outages: {
      hold: readSetting(conf, 'sluice.output.hold'),
      waitMs: readSetting(conf, 'sluice.output.retryWait'),
      waitMaxMs: readSetting(conf, 'sluice.output.retryWaitMax'),
      backlogMax: readSetting(conf, 'sluice.output.backlogMax'),
    },
    sourceAttemptsMax: readSetting(conf, 'sluice.source.attempts'),
    taskTimeoutMs: readSetting(conf, 'sluice.task.timeout') || null,
  }
}

function speculationOf(conf: SettingTexts): Speculation | null {
  if (!readSetting(conf, 'spark.speculation')) return null
  return {
    intervalMs: readSetting(conf, 'spark.speculation.interval'),
    quantile: readSetting(conf, 'spark.speculation.quantile'),
    multiplier: readSetting(conf, 'spark.speculation.multiplier'),
    minTaskRuntimeMs: readSetting(conf, 'spark.speculation.minTaskRuntime'),
  }
}
