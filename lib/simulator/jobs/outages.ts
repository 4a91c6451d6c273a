import { seconds } from '../../model/time.ts'
import type { DStream } from '../../api/dstream/dstream.ts'
import { addTo, type Job, PARTITIONS, randomWord, type ReferenceBatch, wordOf } from './job.ts'

/** Places that take nothing for longer than batches are kept, below state, windows and what they owe. */
export const outages: Job = {
  name: 'outages',
  intervalMs: 1000,
  sources: { words: 2 },
  circumstances: { patient: true },
  conf: { 'sluice.keepBatches': 2 },
  away: { sums: [2, 8], early: [4, 10], table: [3, 7] },
  record: (random) => randomWord(random, 60),

  define(ssc, { source, fenced, plain, table }) {
    const words = ssc.source('words', source('words')) as DStream<string>
    const sums = words
      .map((word) => [word, 1])
      .updateStateByKey((ones: readonly number[], sum: number | undefined) => ones.length + (sum ?? 0), {
        partitions: PARTITIONS,
      })
    sums.output('sums', fenced('sums'))
    sums.filter(([, sum]) => sum > 2).output('table', table('table'))
    words.filter((word) => word < 'word-010').output('early', plain('early'))
  },

  reference: () => {
    const sums = new Map<string, number>()
    return ({ records }) => {
      const words = records['words'] as string[]
      for (const word of words) addTo(sums, word, 1)
      return {
        sums: [...sums],
        table: [...sums].filter(([, sum]) => sum > 2),
        early: words.filter((word) => word < 'word-010'),
      }
    }
  },
}

const LENGTH_S = 8

/** A window whose output is owed for longer than the window is, so that what it owes outlives its panes. */
export const owedWindow: Job = {
  name: 'owed-window',
  intervalMs: 1000,
  sources: { words: 1 },
  conf: { 'sluice.keepBatches': 2 },
  away: { recent: [6, 19] },
  record: (random) => wordOf(Math.floor(random.next() * 6)),

  define(ssc, { source, fenced, plain }) {
    const words = ssc.source('words', source('words')) as DStream<string>
    const ones: DStream<[string, number]> = words.map((word) => [word, 1])
    ones.reduceByKeyAndWindow((a, b) => a + b, seconds(LENGTH_S), seconds(1), 2).output('recent', plain('recent'))
    words.output('seen', fenced('seen'))
  },

  reference: () => {
    const seen: ReferenceBatch[] = []
    return (batch) => {
      seen.push(batch)
      const counts = new Map<string, number>()
      for (const { since, records } of seen)
        if (since > batch.since - LENGTH_S * 1000)
          for (const word of records['words'] as string[]) addTo(counts, word, 1)
      return { recent: [...counts], seen: batch.records['words'] as string[] }
    }
  },
}
