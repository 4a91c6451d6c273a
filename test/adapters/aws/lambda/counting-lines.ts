import { s3TextFiles } from '../../../../lib/adapters/aws/s3/s3-files.ts'
import type { StreamingContext } from '../../../../lib/index.ts'

/** Counts lines of objects below `in/` since the start, and saves the counts; one that says "bad" fails its batch. */
export const countingLines = (ssc: StreamingContext, place: string): void =>
  ssc
    .source('lines', s3TextFiles(`${place}/in`))
    .map((line) => {
      if (line === 'bad') throw new Error('bad line')
      return [line, 1] as [string, number]
    })
    .updateStateByKey<number>((added, sum) => added.reduce((a, b) => a + b, sum ?? 0))
    .saveAsTextFiles(`${place}/out/n`)
