import { SluiceError } from '../model/errors.ts'
import { KEY_BYTES_MAX } from '../state/key-sizes.ts'
import type { SparkConf } from '../model/spark-conf.ts'

/** What the engine itself takes from the settings of a program. */
export interface EngineSettings {
  /** Most missed batches that are caught up after a pause. */
  readonly catchUpMax: number
  /** Batches whose objects are kept. */
  readonly keepBatches: number
  /** How often a failing task is tried. */
  readonly attemptsMax: number
  /** Bytes that the state of one key may take. */
  readonly keyBytesMax: number
}

/**
 * Throws `E_CONF` for what is not a number, and `E_LIMIT` for one that is out of range. `attempts`: how often a task is
 * tried where the program does not say.
 */
export function engineSettings(conf: SparkConf, attempts: number): EngineSettings {
  const whole = (key: string, fallback: number, min: number, max: number): number => {
    const value = conf.getNumber(key, fallback)
    if (Number.isInteger(value) && value >= min && value <= max) return value
    throw new SluiceError(
      'E_LIMIT',
      `The setting ${key} is ${value}; it must be a whole number from ${min} to ${max}.`,
      {
        where: { detail: key },
        did: 'nothing was started',
        next: [`set ${key} to a whole number from ${min} to ${max}`, `leave it out for ${fallback}`],
      },
    )
  }
  return {
    catchUpMax: whole('sluice.catchUpMax', 1000, 0, 1_000_000),
    keepBatches: whole('sluice.keepBatches', 2, 2, 100_000),
    attemptsMax: whole('spark.task.maxFailures', attempts, 1, 1000),
    keyBytesMax: whole('sluice.state.keyBytesMax', KEY_BYTES_MAX, 1024, 2 ** 31),
  }
}
