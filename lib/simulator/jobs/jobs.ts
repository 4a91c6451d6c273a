import { acting } from './acting.ts'
import { beforeCommit } from './before-commit.ts'
import { asked, breaks, brief, handovers, once, opened, pauses, timed, twoHosts } from './circumstanced.ts'
import { decided } from './decided.ts'
import { namedFiles, seenFiles, timedFiles } from './folders.ts'
import type { Job } from './job.ts'
import { join } from './join.ts'
import { largeState } from './large-state.ts'
import { letters } from './letters.ts'
import { open, openLetters } from './open.ts'
import { longWindow } from './long-window.ts'
import { outages, owedWindow } from './outages.ts'
import { receivers } from './received.ts'
import { rescaled } from './rescaled.ts'
import { places } from './places.ts'
import { sessions } from './sessions.ts'
import { tables } from './table.ts'
import { windows } from './windows.ts'
import { wordCount } from './word-count.ts'

export const jobs: readonly Job[] = [wordCount, windows, join]

/** Takes a hundred batches before it gets interesting, so it runs on its own. */
export const longJobs: readonly Job[] = [longWindow]

/** What a program asks for seldom, and must name. */
export const specialJobs: readonly Job[] = [letters, beforeCommit, open, openLetters, largeState]

/** Other sources, sinks, lives and places. */
export const furtherJobs: readonly Job[] = [
  receivers,
  timedFiles,
  seenFiles,
  namedFiles,
  sessions,
  rescaled,
  decided,
  acting,
  outages,
  owedWindow,
  tables,
  places,
  breaks,
  pauses,
  twoHosts,
  asked,
  once,
  timed,
  handovers,
]

/** Jobs of all kinds. */
const ofAllKinds: readonly Job[] = [
  ...jobs,
  letters,
  beforeCommit,
  largeState,
  sessions,
  acting,
  outages,
  tables,
  asked,
]

/** Every job with sources that discover, and coordinators that hand over. */
export const openJobs: readonly Job[] = ofAllKinds.map(opened)

/** Jobs of all kinds, with coordinators that live for one batch. */
export const briefJobs: readonly Job[] = [...ofAllKinds, twoHosts].map(brief)
