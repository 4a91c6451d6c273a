import type { DStream } from '../../api/dstream/dstream.ts'
import { addTo, type Job, PARTITIONS, randomWord } from './job.ts'

type Message = readonly [id: string, word: string]

/** What receivers receive: one that acknowledges what is stored, and one that hands over record by record. */
export const receivers: Job = {
  name: 'received',
  intervalMs: 1000,
  sources: { safe: 1, plain: 1 },
  others: ['safe', 'plain'],
  record: (random) => randomWord(random, 60),

  define(ssc, { received, fenced, plain }) {
    const safe = ssc.source('safe', received('safe', true)) as DStream<Message>
    const others = ssc.source('plain', received('plain', false)) as DStream<Message>
    safe
      .map(([, word]): [string, number] => [word, 1])
      .reduceByKey((a, b) => a + b, PARTITIONS)
      .output('counts', fenced('counts'))
    others.output('seen', plain('seen'))
  },

  reference:
    () =>
    ({ records }) => {
      const counts = new Map<string, number>()
      for (const [, word] of records['safe'] as Message[]) addTo(counts, word, 1)
      return { counts: [...counts], seen: records['plain'] as Message[] }
    },
}
