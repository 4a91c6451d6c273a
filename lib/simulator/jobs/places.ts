import type { DStream } from '../../api/dstream/dstream.ts'
import { addTo, type Job, PARTITIONS, randomWord } from './job.ts'

/** Topics, items, messages and files take what a word count shows, each by the rules of the library's own sink. */
export const places: Job = {
  name: 'places',
  intervalMs: 1000,
  sources: { words: 2 },
  beforeCommit: ['counts'],
  record: (random) => randomWord(random, 40),

  define(ssc, { source, topic, items, queue, folder }) {
    const words = ssc.source('words', source('words')) as DStream<string>
    const ones = words.map((word): [string, number] => [word, 1])
    const counts = ones.reduceByKey((a, b) => a + b, PARTITIONS)
    counts.output('counts', topic('counts'), { order: 'before' })
    counts.output('added', items('added'))
    ones
      .updateStateByKey((values: readonly number[], sum: number | undefined) => values.length + (sum ?? 0), {
        partitions: PARTITIONS,
      })
      .output('sums', folder('sums'))
    words.filter((word) => word < 'word-020').output('early', queue('early'))
  },

  reference: () => {
    const sums = new Map<string, number>()
    return ({ records }) => {
      const words = records['words'] as string[]
      const counts = new Map<string, number>()
      for (const word of words) {
        addTo(counts, word, 1)
        addTo(sums, word, 1)
      }
      return {
        counts: [...counts],
        added: [...counts],
        sums: [...sums],
        early: words.filter((word) => word < 'word-020'),
      }
    }
  },
}
