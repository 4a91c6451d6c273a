import type { DStream } from '../../api/dstream/dstream.ts'
import { addTo, type Job, PARTITIONS, randomWord } from './job.ts'

/** Nothing is kept between batches. */
export const wordCount: Job = {
  name: 'a',
  intervalMs: 1000,
  sources: { lines: 2 },
  record: (random) => Array.from({ length: 1 + Math.floor(random.next() * 4) }, () => randomWord(random, 60)).join(' '),

  define(ssc, { source, fenced, plain }) {
    const words = (ssc.source('lines', source('lines')) as DStream<string>).flatMap((line) => line.split(' '))
    words
      .map((word) => [word, 1])
      .reduceByKey((a, b) => a + b, PARTITIONS)
      .output('counts', fenced('counts'))
    words.filter((word) => word < 'word-010').output('early', plain('early'))
  },

  reference:
    () =>
    ({ records }) => {
      const words = (records['lines'] as string[]).flatMap((line) => line.split(' '))
      const counts = new Map<string, number>()
      for (const word of words) addTo(counts, word, 1)
      return { counts: [...counts], early: words.filter((word) => word < 'word-010') }
    },
}
