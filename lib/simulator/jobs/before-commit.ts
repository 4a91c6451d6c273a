import type { DStream } from '../../api/dstream/dstream.ts'
import { addTo, type Job, PARTITIONS, randomWord, SPECULATION } from './job.ts'

/**
 * Outputs before and after the commit, with and without a memory, on tasks that are launched again when they are slow.
 */
export const beforeCommit: Job = {
  name: 'f',
  intervalMs: 1000,
  sources: { words: 2 },
  conf: SPECULATION,
  record: (random) => randomWord(random, 60),
  beforeCommit: ['sums', 'seen'],

  define(ssc, { source, fenced, plain }) {
    const words = ssc.source('words', source('words')) as DStream<string>
    const sums = words
      .map((word) => [word, 1])
      .updateStateByKey((ones: readonly number[], sum: number | undefined) => ones.length + (sum ?? 0), {
        partitions: PARTITIONS,
      })
    sums.output('sums', fenced('sums'), { order: 'before' })
    sums.filter(([, sum]) => sum > 2).output('often', fenced('often'))
    words.output('seen', plain('seen'), { order: 'before' })
    words.filter((word) => word < 'word-010').output('early', plain('early'))
  },

  reference: () => {
    const sums = new Map<string, number>()
    return ({ records }) => {
      const words = records['words'] as string[]
      for (const word of words) addTo(sums, word, 1)
      return {
        sums: [...sums],
        often: [...sums].filter(([, sum]) => sum > 2),
        seen: words,
        early: words.filter((word) => word < 'word-010'),
      }
    }
  },
}
