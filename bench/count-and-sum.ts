import type { DStream } from '../lib/api/dstream/dstream.ts'
import { stageAll, stagedRecords } from '../lib/graph/stagers.ts'

type Row = readonly [string, number]

/**
 * What an output has seen. `last` holds the rows of the newest batch, so that a checksum can be made when the clock has
 * stopped.
 */
export interface Seen {
  count: number
  sum: number
  last: readonly (readonly Row[])[]
}

/**
 * An output that counts records and adds up their values, after the commit and on what the commit has fixed, like every
 * sink.
 */
export function countAndSum(stream: DStream<[string, number]>): Seen {
  const seen: Seen = { count: 0, sum: 0, last: [] }
  stream.output({
    operator: 'count-and-sum',
    operation: {
      guarantee: 'at-least-once',
      stage: stageAll,
      publish: async (batch) => {
        const partitions = (await stagedRecords(batch)) as Row[][]
        for (const records of partitions) take(seen, records)
        seen.last = partitions
      },
    },
  })
  return seen
}

function take(seen: Seen, records: readonly Row[]): void {
  seen.count += records.length
  for (let i = 0; i < records.length; i++) seen.sum += records[i][1]
}
