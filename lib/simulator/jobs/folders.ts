import type { DStream } from '../../api/dstream/dstream.ts'
import type { StoreChoice } from '../../source/unseen-files.ts'
import { addTo, type Job, PARTITIONS, randomWord } from './job.ts'

/** Look-back of the batches: longer than files take to appear, and shorter than what breaks and failures last. */
const REMEMBER_MS = 5000

const folderJob = (name: string, choice: StoreChoice, mustRead: Job['mustRead']): Job => ({
  name,
  intervalMs: 1000,
  sources: { files: 2 },
  isBrief: true,
  others: ['files'],
  circumstances: { breaks: 9 },
  conf: { 'sluice.catchUpMax': 2 },
  ...(mustRead ? { mustRead } : {}),
  record: (random) => randomWord(random, 60),

  define(ssc, { files, fenced, plain }) {
    const words = ssc.source('files', files('files', choice)) as DStream<string>
    words
      .map((word): [string, number] => [word, 1])
      .reduceByKey((a, b) => a + b, PARTITIONS)
      .output('counts', fenced('counts'))
    words.filter((word) => word < 'word-010').output('early', plain('early'))
  },

  reference:
    () =>
    ({ records }) => {
      const words = records['files'] as string[]
      const counts = new Map<string, number>()
      for (const word of words) addTo(counts, word, 1)
      return { counts: [...counts], early: words.filter((word) => word < 'word-010') }
    },
})

/** Files by their time of modification, through breaks that last longer than batches look back. */
export const timedFiles = folderJob(
  'timed',
  { select: 'times', newFilesOnly: false, minRememberMs: REMEMBER_MS },
  // The first batch looks back no further than it remembers.
  (sinceMs) => sinceMs > 1000 - REMEMBER_MS,
)

/** Every file once, whenever it appears. */
export const seenFiles = folderJob('seen', { select: 'seen', maxFilesPerBatch: 250 }, () => true)

/** Every file once by its name; those with lesser names than were read are found by searches that take many batches. */
export const namedFiles = folderJob(
  'named',
  { select: 'seen', order: 'names', relistMs: 1, maxFilesPerBatch: 250 },
  () => true,
)
