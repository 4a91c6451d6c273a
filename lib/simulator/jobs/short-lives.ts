import { beforeCommit } from './before-commit.ts'
import type { Job } from './job.ts'
import { letters } from './letters.ts'
import { open } from './open.ts'
import { wordCount } from './word-count.ts'

/** Less than many a batch takes, with all that may go wrong in one. */
const LIFE_MS = 260

/**
 * The same programs under coordinators that end before their batches do: what tasks have answered is handed over.
 * Records to blame are found by many runs of a batch: a life is long enough for a few of them.
 */
export const shortLives: readonly Job[] = [
  { ...wordCount, name: 'sa', circumstances: { lifeMs: LIFE_MS } },
  { ...beforeCommit, name: 'sf', circumstances: { lifeMs: LIFE_MS } },
  { ...open, name: 'sg', circumstances: { lifeMs: LIFE_MS } },
  { ...letters, name: 'se', circumstances: { lifeMs: 1.5 * LIFE_MS } },
]
