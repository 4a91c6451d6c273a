import type { DStream } from '../../api/dstream/dstream.ts'
import { addTo, type Job, PARTITIONS, randomWord } from './job.ts'

/** A database with transactions takes counts and sums, by the rules of the sinks for SQL. */
export const tables: Job = {
  name: 'tables',
  intervalMs: 1000,
  sources: { words: 2 },
  beforeCommit: ['counts'],
  record: (random) => randomWord(random, 40),

  define(ssc, { source, table }) {
    const ones = (ssc.source('words', source('words')) as DStream<string>).map((word): [string, number] => [word, 1])
    const add = (a: number, b: number): number => a + b
    ones.reduceByKey(add, PARTITIONS).output('counts', table('counts'), { order: 'before' })
    ones
      .updateStateByKey((values: readonly number[], sum: number | undefined) => values.length + (sum ?? 0), {
        partitions: PARTITIONS,
      })
      .output('sums', table('sums'))
  },

  reference: () => {
    const sums = new Map<string, number>()
    return ({ records }) => {
      const counts = new Map<string, number>()
      for (const word of records['words'] as string[]) {
        addTo(counts, word, 1)
        addTo(sums, word, 1)
      }
      return { counts: [...counts], sums: [...sums] }
    }
  },
}
