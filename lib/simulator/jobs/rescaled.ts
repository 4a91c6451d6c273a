import { seconds } from '../../model/time.ts'
import type { DStream } from '../../api/dstream/dstream.ts'
import { addTo, type Job, randomWord, type ReferenceBatch } from './job.ts'

const PARTS = [3, 5, 2, 4]
const KEEP = [2, 5, 3]

/**
 * Each life of the program has other partitions, and keeps another number of batches: state, both kinds of window, and
 * records that are kept.
 */
export const rescaled: Job = {
  name: 'rescaled',
  intervalMs: 1000,
  sources: { words: 2 },
  circumstances: { inline: true, breaks: 4, handover: 4 },
  keptMax: 4,
  conf: (life) => ({ 'sluice.keepBatches': KEEP[life % KEEP.length] }),
  record: (random) => randomWord(random, 45),

  define(ssc, { source, fenced, plain }, life) {
    const partitions = PARTS[life % PARTS.length]
    const words = ssc.source('words', source('words')) as DStream<string>
    const ones: DStream<[string, number]> = words.map((word) => [word, 1])
    const add = (a: number, b: number): number => a + b
    ones
      .updateStateByKey((values: readonly number[], sum: number | undefined) => values.length + (sum ?? 0), {
        partitions,
      })
      .output('totals', fenced('totals'))
    ones
      .reduceByKeyAndWindow(
        add,
        (a, b) => a - b,
        seconds(4),
        seconds(2),
        partitions,
        ([, count]) => count > 0,
      )
      .checkpoint(seconds(4))
      .output('sliding', fenced('sliding'))
    ones.reduceByKeyAndWindow(add, seconds(3), seconds(1), partitions).output('recent', fenced('recent'))
    words.window(seconds(4)).count().output('tail', plain('tail'))
  },

  reference: () => {
    const seen: ReferenceBatch[] = []
    const totals = new Map<string, number>()
    return (batch) => {
      seen.push(batch)
      const within = (ms: number): string[] => seen.filter((each) => each.since > batch.since - ms).flatMap(wordsOf)
      for (const word of wordsOf(batch)) addTo(totals, word, 1)
      return {
        totals: [...totals],
        sliding: batch.since % 2000 === 0 ? counted(within(4000)) : [],
        recent: counted(within(3000)),
        tail: [within(4000).length],
      }
    }
  },
}

const wordsOf = ({ records }: ReferenceBatch): string[] => records['words'] as string[]

function counted(words: readonly string[]): [string, number][] {
  const counts = new Map<string, number>()
  for (const word of words) addTo(counts, word, 1)
  return [...counts]
}
