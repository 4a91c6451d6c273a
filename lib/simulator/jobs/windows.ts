import { seconds } from '../../model/time.ts'
import type { DStream } from '../../api/dstream/dstream.ts'
import { StateSpec } from '../../api/dstream/operators/state-spec.ts'
import { addTo, type Job, PARTITIONS, randomWord, type ReferenceBatch } from './job.ts'

const TIMEOUT_MS = 3000

/**
 * Everything that is kept between batches: both kinds of window, both kinds of state, and records kept for a window.
 */
export const windows: Job = {
  name: 'b',
  intervalMs: 1000,
  sources: { lines: 2 },
  record: (random) => randomWord(random, 45),

  define(ssc, { source, fenced, plain }) {
    const words = ssc.source('lines', source('lines')) as DStream<string>
    const ones: DStream<[string, number]> = words.map((word) => [word, 1])
    const add = (a: number, b: number): number => a + b
    ones.updateStateByKey<number>(totals, PARTITIONS).checkpoint(seconds(2)).output('totals', fenced('totals'))
    const sessions = ones.mapWithState(
      StateSpec.function(session, { name: 'sessions', timeoutCheck: 'everyBatch' })
        .timeout(TIMEOUT_MS)
        .numPartitions(PARTITIONS),
    )
    sessions.output('mapped', fenced('mapped'))
    sessions.stateSnapshots().output('snapshots', plain('snapshots'))
    ones
      .reduceByKeyAndWindow(
        add,
        (a, b) => a - b,
        seconds(4),
        seconds(2),
        PARTITIONS,
        ([, count]) => count > 0,
      )
      .checkpoint(seconds(4))
      .output('sliding', fenced('sliding'))
    ones.reduceByKeyAndWindow(add, seconds(3), seconds(1), PARTITIONS).output('recent', fenced('recent'))
    words.window(seconds(3)).count().output('tail', plain('tail'))
  },

  reference: () => {
    const seen: ReferenceBatch[] = []
    const sums = new Map<string, number>()
    const open = new Map<string, { sum: number; at: number }>()
    return (batch) => {
      seen.push(batch)
      const words = wordsOf(batch)
      const within = (ms: number): string[] => seen.filter((each) => each.since > batch.since - ms).flatMap(wordsOf)
      const mapped = nextSessions(open, words, batch.since)
      return {
        totals: nextTotals(sums, words),
        mapped,
        snapshots: [...open].map(([word, { sum }]) => [word, sum]),
        sliding: batch.since % 2000 === 0 ? [...counted(within(4000))] : [],
        recent: [...counted(within(3000))],
        tail: [within(3000).length],
      }
    }
  },
}

const wordsOf = ({ records }: ReferenceBatch): string[] => records['lines'] as string[]

/** A word that is not seen in a batch is forgotten when its sum can be divided by three. */
function totals(values: readonly number[], sum: number | undefined): number | undefined {
  if (values.length === 0 && (sum ?? 0) % 3 === 0) return undefined
  return values.reduce((a, b) => a + b, sum ?? 0)
}

/** Forgets a word at its tenth sighting. */
function session(
  _time: unknown,
  word: string,
  one: number | undefined,
  state: {
    getOption(): number | undefined
    update(sum: number): void
    remove(): void
    isTimingOut(): boolean
    exists(): boolean
  },
): [string, number | string] {
  if (state.isTimingOut()) return [word, `timed out at ${state.getOption()}`]
  const sum = (state.getOption() ?? 0) + one!
  if (sum < 10) state.update(sum)
  else if (state.exists()) state.remove()
  return [word, sum]
}

function nextTotals(sums: Map<string, number>, words: readonly string[]): unknown[] {
  const fresh = counted(words)
  for (const word of new Set([...sums.keys(), ...fresh.keys()])) {
    const sum = totals(fresh.has(word) ? [fresh.get(word)!] : [], sums.get(word))
    if (sum === undefined) sums.delete(word)
    else sums.set(word, sum)
  }
  return [...sums]
}

function nextSessions(
  open: Map<string, { sum: number; at: number }>,
  words: readonly string[],
  now: number,
): unknown[] {
  const mapped: unknown[] = []
  for (const word of words) {
    const sum = (open.get(word)?.sum ?? 0) + 1
    if (sum < 10) open.set(word, { sum, at: now })
    else open.delete(word)
    mapped.push([word, sum])
  }
  for (const [word, { sum, at }] of open) {
    if (at >= now - TIMEOUT_MS) continue
    open.delete(word)
    mapped.push([word, `timed out at ${sum}`])
  }
  return mapped
}

function counted(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const word of words) addTo(counts, word, 1)
  return counts
}
