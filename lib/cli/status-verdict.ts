import { type Control, pausedWords } from '../model/control.ts'
import { isLeased } from '../checkpoint/decide.ts'
import type { Head } from '../model/head.ts'
import { count, duration } from './units.ts'

/** How an app is, as far as it can be told from what is stored. */
export interface Verdict {
  readonly state: 'keeping up' | 'idle' | 'starting' | 'behind' | 'stalled' | 'paused' | 'halted'
  readonly mood: 'well' | 'idle' | 'warn' | 'bad'
  readonly words: string
  /** Commands that help. */
  readonly next: readonly string[]
  readonly exitCode: 0 | 3 | 4
}

interface Surroundings {
  readonly now: number
  readonly isGone: (holder: string) => boolean
  /** A schedule wakes what runs there once a minute: nobody holds the app in between. */
  readonly isTicked: boolean
}

const MINUTE_MS = 60_000
/** So long nothing may come before it is said that nothing comes. */
const STALLED_MS = 3 * MINUTE_MS
/** So many coordinators one after the other that commit nothing do not catch up: their batch fails. */
const FRUITLESS = 2

/** Pure: every case has its words, and an exit code that scripts may rely on. */
export function judge(head: Head, { paused }: Control, { now, isGone, isTicked }: Surroundings): Verdict {
  const { halt, holder, committed, intervalMs, zeroTime, tick, idle = 0 } = head
  if (halt !== null) return bad('halted', `halted at #${count(halt.batch)}: ${halt.reason}`, ['verify', 'resume'])
  if (paused !== null) return bad('paused', pausedWords(paused), ['resume'])
  const isHeld = isLeased(head, now) && !(holder !== null && isGone(holder))
  if (!isTicked && !isHeld) return { state: 'idle', mood: 'idle', words: 'does not run', next: [], exitCode: 0 }
  const lateMs = now - (zeroTime + (tick + 1) * intervalMs)
  const slack = Math.max(intervalMs, isTicked ? MINUTE_MS : 0)
  if (lateMs > Math.max(STALLED_MS, 3 * intervalMs) && !(isTicked && isHeld && idle < FRUITLESS))
    return bad('stalled', `no batch for ${duration(lateMs + intervalMs)}`, ['verify'])
  if (lateMs > slack)
    return { state: 'behind', mood: 'warn', words: `behind by ${duration(lateMs)}`, next: [], exitCode: 3 }
  if (committed === 0) return { state: 'starting', mood: 'well', words: 'starting', next: [], exitCode: 0 }
  return { state: 'keeping up', mood: 'well', words: 'keeping up', next: [], exitCode: 0 }
}

const bad = (state: Verdict['state'], words: string, next: readonly string[]): Verdict => ({
  state,
  mood: 'bad',
  words,
  next,
  exitCode: 4,
})
