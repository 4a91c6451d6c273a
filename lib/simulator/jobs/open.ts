import type { DStream } from '../../api/dstream/dstream.ts'
import { addTo, type Job, PARTITIONS, randomWord, SPECULATION, wordOf } from './job.ts'

/**
 * A source whose splits end where reading finds it, read by several stages and by slow tasks twice, shown before and
 * after the commit.
 */
export const open: Job = {
  name: 'g',
  intervalMs: 1000,
  sources: { words: 2 },
  conf: SPECULATION,
  record: (random) => randomWord(random, 60),
  beforeCommit: ['sums', 'seen'],

  define(ssc, { open: source, fenced, plain }) {
    const words = ssc.source('words', source('words')) as DStream<string>
    words
      .union(words)
      .filter((word) => word < 'word-010')
      .output('twice', plain('twice'))
    words
      .map((word) => [word, 1])
      .updateStateByKey((ones: readonly number[], sum: number | undefined) => ones.length + (sum ?? 0), {
        partitions: PARTITIONS,
      })
      .output('sums', fenced('sums'), { order: 'before' })
    words.output('seen', plain('seen'), { order: 'before' })
  },

  reference: () => {
    const sums = new Map<string, number>()
    return ({ records }) => {
      const words = records['words'] as string[]
      for (const word of words) addTo(sums, word, 1)
      const early = words.filter((word) => word < 'word-010')
      return { sums: [...sums], seen: words, twice: [...early, ...early] }
    }
  },
}

const BAD = wordOf(7)

/** The same source where records are set aside, and where an action reads it before the stages do. */
export const openLetters: Job = {
  name: 'h',
  intervalMs: 1000,
  sources: { words: 2 },
  conf: { 'sluice.onError': 'dead-letter' },
  record: (random) => randomWord(random, 120),
  isLetter: (record) => record === BAD,

  define(ssc, { open: source, fenced, plain }) {
    const counted = (ssc.source('words', source('words')) as DStream<string>).transform((rdd) => {
      const count = rdd.count()
      return rdd.map((word): [string, number] => [word, count])
    })
    const words = counted.map(([word, count]): [string, number] => {
      if (word === BAD) throw new TypeError('not a word')
      return [word, count]
    })
    words.reduceByKey((a, b) => a + b, PARTITIONS).output('counts', fenced('counts'))
    words.filter(([word]) => word < 'word-010').output('early', plain('early'))
  },

  reference:
    () =>
    ({ records }) => {
      // The action, too, sees nothing of what is set aside.
      const words = (records['words'] as string[]).filter((word) => word !== BAD)
      const counts = new Map<string, number>()
      for (const word of words) addTo(counts, word, words.length)
      return { counts: [...counts], early: words.filter((w) => w < 'word-010').map((w) => [w, words.length]) }
    },
}
