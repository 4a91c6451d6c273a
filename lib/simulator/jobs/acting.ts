import type { DStream } from '../../api/dstream/dstream.ts'
import { addTo, type Job, PARTITIONS, randomWord, wordOf } from './job.ts'

const BAD = wordOf(2)
const WORSE = wordOf(5)

/** Functions in outputs throw at single records: they go on without those, and each is a dead letter of that output. */
export const acting: Job = {
  name: 'acting',
  intervalMs: 1000,
  sources: { words: 2 },
  circumstances: { inline: true, handover: 5 },
  conf: { 'sluice.onError': 'dead-letter', 'sluice.keepBatches': 2 },
  record: (random) => randomWord(random, 40),
  decides: true,

  define(ssc, { source, effects }) {
    const words = ssc.source('words', source('words')) as DStream<string>
    words.foreachRDD(
      (rdd, time) =>
        effects('acted')(
          rdd
            .map((word) => {
              if (word === BAD) throw new TypeError('not a word')
              return word
            })
            .collect(),
          time,
        ),
      { name: 'acted' },
    )
    words
      .map((word): [string, number] => [word, 1])
      .reduceByKey((a, b) => a + b, PARTITIONS)
      .foreachRDD(
        async (rdd, time) => {
          const all = rdd.aggregate(
            0,
            (sum, [word, count]) => {
              if (word === WORSE) throw new TypeError('not a word')
              return sum + count
            },
            (a, b) => a + b,
          )
          // What is left out by one job is not seen by the next.
          await effects('summed')([all, ...rdd.collect()], time)
        },
        { name: 'summed' },
      )
  },

  reference:
    () =>
    ({ records }) => {
      const words = records['words'] as string[]
      const counts = new Map<string, number>()
      for (const word of words) if (word !== WORSE) addTo(counts, word, 1)
      const all = [...counts.values()].reduce((a, b) => a + b, 0)
      return { acted: words.filter((word) => word !== BAD), summed: [all, ...counts] }
    },

  outputLetters: ({ records }) => {
    const words = records['words'] as string[]
    const worse = words.filter((word) => word === WORSE).length
    return { acted: words.filter((word) => word === BAD), summed: worse > 0 ? [[WORSE, worse]] : [] }
  },
}
