import { anything, areOptions, type RulesOf, text } from '../../model/options.ts'
import type { Parts, ShuffleOptions } from './dstream.ts'

export const SHUFFLE_OPTIONS: RulesOf<ShuffleOptions> = { partitions: anything, name: text }

/** What stands where Spark has a number of partitions or a partitioner, if it is options. */
export const optionsIn = <Options extends ShuffleOptions>(parts: Parts | Options | undefined): Options | null =>
  areOptions(parts) && !('getPartition' in parts) ? parts : null
