import type { Job } from './job.ts'
import { join } from './join.ts'
import { windows } from './windows.ts'
import { wordCount } from './word-count.ts'

export const jobs: readonly Job[] = [wordCount, windows, join]
