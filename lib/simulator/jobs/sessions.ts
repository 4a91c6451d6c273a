import { seconds } from '../../model/time.ts'
import type { DStream } from '../../api/dstream/dstream.ts'
import type { State } from '../../api/dstream/operators/state-handle.ts'
import { StateSpec } from '../../api/dstream/operators/state-spec.ts'
import { SIMULATED } from '../ports.ts'
import { type Job, PARTITIONS, randomWord, wordOf } from './job.ts'

const TIMEOUT_MS = 4000
/** A process fails at so many calls, and less and less often: a batch that is tried again gets past it. */
const FIRST_FAILURE = 10
const LOOK_MS = 2000

/**
 * `mapWithState` with a state before the first batch, timeouts that are looked at every other batch, keys that are only
 * looked up, and keys that go. Its function fails now and then, when it has changed the state of other keys.
 */
export const sessions: Job = {
  name: 'sessions',
  intervalMs: 1000,
  sources: { lines: 2 },
  record: (random) => `${KINDS[Math.floor(random.next() * KINDS.length)]} ${randomWord(random, 25)}`,

  define(ssc, { source, fenced, plain }) {
    const pairs = (ssc.source('lines', source('lines')) as DStream<string>).map((line): [string, string] => {
      const [kind, word] = line.split(' ')
      return [word, kind]
    })
    const mapped = pairs.mapWithState(
      StateSpec.function(awayNowAndThen(session), { name: 'sessions' })
        .initialState(ssc.sparkContext.parallelize(initial(), 2))
        .timeout(TIMEOUT_MS)
        .numPartitions(PARTITIONS),
    )
    mapped.checkpoint(seconds(LOOK_MS / 1000))
    mapped.map(([word, what]) => `${word} ${what}`).output('mapped', fenced('mapped'))
    mapped.stateSnapshots().output('snapshots', plain('snapshots'))
  },

  reference: () => {
    const open = new Map<string, { sum: number; at: number }>()
    let isFirst = true
    return ({ since, records }) => {
      if (isFirst) for (const [word, sum] of initial()) open.set(word, { sum, at: since })
      isFirst = false
      const mapped: string[] = []
      for (const line of records['lines'] as string[]) {
        const [kind, word] = line.split(' ')
        mapped.push(`${word} ${one(open, word, kind, since)}`)
      }
      for (const [word, { sum, at }] of since % LOOK_MS === 0 ? open : []) {
        if (at >= since - TIMEOUT_MS) continue
        open.delete(word)
        mapped.push(`${word} out ${sum}`)
      }
      return { mapped, snapshots: [...open].map(([word, { sum }]) => [word, sum]) }
    }
  },
}

/** Records of one kind in a row, so that their order between partitions does not show. */
const KINDS = ['look', 'add', 'add', 'go'] as const
const GOES_FROM = 20

/** Some keys are of words that never come. */
const initial = (): [string, number][] =>
  Array.from({ length: 12 }, (_, i): [string, number] => [wordOf(i * 3), 100 + i])

/** What a key answers does not depend on the order of its records: only some words ever go, and those never add. */
function session(_time: unknown, word: string, kind: string | undefined, state: State<number>): [string, string] {
  if (state.isTimingOut()) return [word, `out ${state.get()}`]
  const had = state.exists()
  if (goes(word)) {
    if (had) state.remove()
    return [word, 'gone']
  }
  if (kind === 'add') state.update((state.getOption() ?? 0) + 1)
  return [word, kind === 'add' ? 'added' : 'seen']
}

function awayNowAndThen(f: typeof session): typeof session {
  let [calls, failing] = [0, FIRST_FAILURE]
  return (time, word, kind, state) => {
    if (++calls === failing) {
      failing *= 3
      throw new Error(`${SIMULATED}what it asks is away for a moment`)
    }
    return f(time, word, kind, state)
  }
}

const goes = (word: string): boolean => word >= `word-0${GOES_FROM}`

function one(open: Map<string, { sum: number; at: number }>, word: string, kind: string, since: number): string {
  const had = open.get(word)
  if (goes(word)) {
    open.delete(word)
    return 'gone'
  }
  if (kind === 'add') open.set(word, { sum: (had?.sum ?? 0) + 1, at: since })
  else if (had) had.at = since
  return kind === 'add' ? 'added' : 'seen'
}
