import type { DStream } from '../../api/dstream/dstream.ts'
import { addTo, type Job, PARTITIONS, randomWord, wordOf } from './job.ts'

const BAD = wordOf(7)

/** One word in many makes a function throw: it is set aside, and everything else counts. */
export const letters: Job = {
  name: 'e',
  intervalMs: 1000,
  sources: { words: 2 },
  conf: { 'sluice.onError': 'dead-letter' },
  record: (random) => randomWord(random, 120),
  isLetter: (record) => record === BAD,

  define(ssc, { source, fenced, plain }) {
    const words = (ssc.source('words', source('words')) as DStream<string>).map((word) => {
      if (word === BAD) throw new TypeError('not a word')
      return word
    })
    words
      .map((word) => [word, 1])
      .updateStateByKey((ones: readonly number[], sum: number | undefined) => ones.length + (sum ?? 0), {
        partitions: PARTITIONS,
      })
      .output('sums', fenced('sums'))
    words.filter((word) => word < 'word-010').output('early', plain('early'))
  },

  reference: () => {
    const sums = new Map<string, number>()
    return ({ records }) => {
      const words = (records['words'] as string[]).filter((word) => word !== BAD)
      for (const word of words) addTo(sums, word, 1)
      return { sums: [...sums], early: words.filter((word) => word < 'word-010') }
    }
  },
}
