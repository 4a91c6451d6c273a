import { beforeCommit } from './before-commit.ts'
import type { Job } from './job.ts'
import { join } from './join.ts'
import { largeState } from './large-state.ts'
import { letters } from './letters.ts'
import { open, openLetters } from './open.ts'
import { longWindow } from './long-window.ts'
import { windows } from './windows.ts'
import { wordCount } from './word-count.ts'

export const jobs: readonly Job[] = [wordCount, windows, join]

/** Takes a hundred batches before it gets interesting, so it runs on its own. */
export const longJobs: readonly Job[] = [longWindow]

/** What a program asks for seldom, and must name. */
export const specialJobs: readonly Job[] = [letters, beforeCommit, open, openLetters, largeState]
