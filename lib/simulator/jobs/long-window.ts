import { seconds } from '../../model/time.ts'
import type { DStream } from '../../api/dstream/dstream.ts'
import { addTo, type Job, type ReferenceBatch } from './job.ts'

const LENGTH_S = 140

/** A window so long that its panes do not fit into the manifest. */
export const longWindow: Job = {
  name: 'd',
  intervalMs: 1000,
  sources: { words: 1 },
  record: (random) => 'abcdef'[Math.floor(random.next() * 6)],

  define(ssc, { source, fenced }) {
    const ones: DStream<[string, number]> = (ssc.source('words', source('words')) as DStream<string>).map((word) => [
      word,
      1,
    ])
    ones.reduceByKeyAndWindow((a, b) => a + b, seconds(LENGTH_S), seconds(1), 1).output('long', fenced('long'))
  },

  reference: () => {
    const seen: ReferenceBatch[] = []
    return (batch) => {
      seen.push(batch)
      const counts = new Map<string, number>()
      for (const { since, records } of seen)
        if (since > batch.since - LENGTH_S * 1000)
          for (const word of records['words'] as string[]) addTo(counts, word, 1)
      return { long: [...counts] }
    }
  },
}
