import type { Circumstances } from '../circumstances.ts'
import type { Job } from './job.ts'
import { join } from './join.ts'
import { sessions } from './sessions.ts'
import { windows } from './windows.ts'
import { wordCount } from './word-count.ts'

/** A job once more, in other circumstances. */
const under = (job: Job, name: string, circumstances: Circumstances, conf: Job['conf'] = {}): Job => ({
  ...job,
  name,
  circumstances: { ...job.circumstances, ...circumstances },
  conf: { ...(typeof job.conf === 'object' ? job.conf : {}), ...(typeof conf === 'object' ? conf : {}) },
})

/** Nobody runs for longer than what is caught up with. */
export const breaks = under(windows, 'breaks', { breaks: 12 }, { 'sluice.catchUpMax': 4 })

/** The app is paused now and then, for longer than what is caught up with. */
export const pauses = under(windows, 'pauses', { pauses: 12 }, { 'sluice.catchUpMax': 4 })

/** Two hosts keep a coordinator each, cannot see each other's processes, and have clocks that are wrong. */
export const twoHosts = under(windows, 'hosts', { hosts: 2, clockOffMs: 20_000 })

/** Outputs are shown by processes that are asked by message. */
export const asked = under(wordCount, 'asked', { asked: true })

/** A program says that a failing task is tried once; a lost one is tried again all the same. */
export const once = under(join, 'once', { attempts: 1 })

/** Tasks give up by themselves when calls take long. */
export const timed = under(wordCount, 'timed', { taskMs: 150 })

/** Coordinators let go of the app after three batches. */
export const handovers = under(sessions, 'handovers', { handover: 3 })

/** A job whose coordinators run what is due and let go: the app is taken with the commit, and left with the mark. */
export const brief = (job: Job): Job => under(job, `${job.name}-brief`, { handover: 1, brief: true })

/** A job whose sources are read to ends that reading finds, by coordinators that hand over. */
export const opened = (job: Job): Job => ({
  ...under(job, `${job.name}-open`, { handover: 5 }),
  define: (ssc, surroundings, life) => job.define(ssc, { ...surroundings, source: surroundings.open }, life),
})
