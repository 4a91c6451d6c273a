import type { SparkConf } from '../model/spark-conf.ts'
import type { Accumulators } from './accumulator.ts'

/**
 * What the engine needs of the context that a program was built with (Spark's driver). It hands the context on as it
 * is; only the API that made it knows its class.
 */
export interface Driver {
  readonly conf: SparkConf
  readonly accumulators: Accumulators
}
