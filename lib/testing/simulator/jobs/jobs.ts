import type { Job } from './job.ts'
import { join } from './join.ts'
import { longWindow } from './long-window.ts'
import { windows } from './windows.ts'
import { wordCount } from './word-count.ts'

export const jobs: readonly Job[] = [wordCount, windows, join]

/** Takes a hundred batches before it gets interesting, so it runs on its own. */
export const longJobs: readonly Job[] = [longWindow]
