import type { DStream } from '../../api/dstream/dstream.ts'
import { addTo, type Job, PARTITIONS, randomWord } from './job.ts'

/** State that counts as large with few keys, so that it is rewritten a few key groups at a time; some keys go again. */
export const largeState: Job = {
  name: 'i',
  intervalMs: 1000,
  sources: { words: 2 },
  conf: { 'sluice.state.compactApiece': '8' },
  record: (random) => randomWord(random, 200),

  define(ssc, { source, fenced }) {
    ;(ssc.source('words', source('words')) as DStream<string>)
      .map((word) => [word, 1])
      .updateStateByKey(
        (ones: readonly number[], sum: number | undefined) => {
          const next = ones.length + (sum ?? 0)
          return next >= LIMIT ? null : next
        },
        { partitions: PARTITIONS },
      )
      .output('sums', fenced('sums'))
  },

  reference: () => {
    const sums = new Map<string, number>()
    return ({ records }) => {
      for (const word of records['words'] as string[]) addTo(sums, word, 1)
      for (const [word, sum] of sums) if (sum >= LIMIT) sums.delete(word)
      return { sums: [...sums] }
    }
  },
}

/** A key that comes so often is forgotten, and begins anew. */
const LIMIT = 6
