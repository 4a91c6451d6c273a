import type { Clock } from '../../host/clock.ts'
import type { Speculation } from '../settings.ts'

/** Launches a task; `copy` is 0 at first, and 1 when it is launched once more. */
export type Launch<T> = (copy: 0 | 1) => Promise<T>

interface Watching<T> {
  readonly speculation: Speculation | null
  readonly clock: Clock
  /** Hears the answers that nobody will use: another one had won, or the stage failed. */
  readonly late?: (answer: T) => void
}

/**
 * Runs the tasks of one stage. Of a task that runs twice the first good answer counts, and only that: two runs write
 * under names of their own.
 */
export async function runAll<T>(
  tasks: readonly Launch<T>[],
  { speculation, clock, late = () => {} }: Watching<T>,
): Promise<T[]> {
  if (!speculation || tasks.length < 2)
    return allOrLate(
      tasks.map((launch) => launch(0)),
      late,
    )
  const races = tasks.map((launch) => new Race(launch, clock, late))
  const over = new AbortController()
  void watch(races, speculation, clock, over.signal)
  try {
    return await allOrLate(
      races.map((race) => race.winner),
      late,
    )
  } finally {
    over.abort()
  }
}

/** All answers, or the first error; then the answers that there are, or will be, were given for nothing. */
async function allOrLate<T>(answers: readonly Promise<T>[], late: (answer: T) => void): Promise<T[]> {
  try {
    return await Promise.all(answers)
  } catch (error) {
    for (const answer of answers) answer.then(late, () => {})
    throw error
  }
}

class Race<T> {
  readonly winner: Promise<T>
  readonly #launch: Launch<T>
  readonly #clock: Clock
  readonly #late: (answer: T) => void
  readonly #began: number
  readonly #won = Promise.withResolvers<T>()
  #running = 0
  #copied = false
  #tookMs: number | null = null

  constructor(launch: Launch<T>, clock: Clock, late: (answer: T) => void) {
    this.#launch = launch
    this.#clock = clock
    this.#late = late
    this.#began = clock.now()
    this.winner = this.#won.promise
    this.#run(0)
  }

  get tookMs(): number | null {
    return this.#tookMs
  }

  copyIfSlowerThan(ms: number): void {
    if (this.#copied || this.#tookMs !== null || this.#clock.now() - this.#began <= ms) return
    this.#copied = true
    this.#run(1)
  }

  #run(copy: 0 | 1): void {
    this.#running++
    this.#launch(copy).then(
      (answer) => {
        if (this.#tookMs !== null) return this.#late(answer)
        this.#tookMs = this.#clock.now() - this.#began
        this.#won.resolve(answer)
      },
      (error) => {
        // As long as the other one runs, it may still succeed.
        if (--this.#running === 0) this.#won.reject(error)
      },
    )
  }
}

async function watch<T>(
  races: readonly Race<T>[],
  { intervalMs, quantile, multiplier, minTaskRuntimeMs }: Speculation,
  clock: Clock,
  over: AbortSignal,
): Promise<void> {
  for (;;) {
    await clock.sleepUntil(clock.now() + intervalMs, over)
    if (over.aborted) return
    const done = races
      .map(({ tookMs }) => tookMs)
      .filter((ms) => ms !== null)
      .sort((a, b) => a - b)
    if (done.length < Math.max(1, Math.floor(quantile * races.length))) continue
    for (const race of races)
      race.copyIfSlowerThan(Math.max(minTaskRuntimeMs, multiplier * done[Math.floor(done.length / 2)]!))
  }
}
