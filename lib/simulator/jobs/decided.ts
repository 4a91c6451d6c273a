import type { DStream } from '../../api/dstream/dstream.ts'
import { addTo, type Job, PARTITIONS, randomWord, type ReferenceBatch, wordOf } from './job.ts'

const BAD = wordOf(1)
/** Plans with it do not fit into the head. */
const NOTE = 'a plan of its own '.repeat(150)

/** From here on the program is mended: nothing throws, and an output is shown ahead. */
const MENDED_AT = 7

const isMendedIn = ({ outputs }: ReferenceBatch): boolean => outputs.includes('mended')

/**
 * Records are set aside, and somebody decides about them. Read again, they are set aside again, once each, until the
 * program is mended; then they count, in batches whose plan is open, whoever finishes them.
 */
export const decided: Job = {
  name: 'decided',
  intervalMs: 1000,
  sources: { words: 2 },
  circumstances: { inline: true, breaks: 5, handover: 4 },
  conf: (_life, tick) => ({ 'sluice.onError': tick < MENDED_AT ? 'dead-letter' : 'fail' }),
  record: (random) => randomWord(random, 12),
  isLetter: (record, batch) => !isMendedIn(batch) && record === BAD,
  beforeCommit: ['sums', 'mended'],
  decides: true,

  define(ssc, { source, fenced, plain, tick }) {
    const isMended = tick >= MENDED_AT
    const log = source('words')
    const words = (
      ssc.source('words', {
        ...log,
        cut: async (request) => ({ ...(await log.cut(request))!, description: NOTE }),
      }) as DStream<string>
    ).map((word) => {
      if (word === BAD && !isMended) throw new TypeError('not a word')
      return word
    })
    words
      .map((word) => [word, 1])
      .updateStateByKey((ones: readonly number[], sum: number | undefined) => ones.length + (sum ?? 0), {
        partitions: PARTITIONS,
      })
      .output('sums', fenced('sums'), isMended ? { order: 'before' } : {})
    words.filter((word) => word < 'word-010').output('early', plain('early'))
    if (isMended) words.count().output('mended', fenced('mended'), { order: 'before' })
  },

  reference: () => {
    const sums = new Map<string, number>()
    return (batch) => {
      const isMended = isMendedIn(batch)
      const words = (batch.records['words'] as string[]).filter((word) => isMended || word !== BAD)
      for (const word of words) addTo(sums, word, 1)
      const early = words.filter((word) => word < 'word-010')
      return { sums: [...sums], early, ...(isMended ? { mended: [words.length] } : {}) }
    }
  },
}
