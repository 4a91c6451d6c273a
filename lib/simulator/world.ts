import type { Clock } from '../host/clock.ts'

/**
 * Virtual time for everything in one simulation. What happens at one time happens in the order in which it was
 * scheduled, and all promise work that an event sets off is done before the next event, so a run depends on its seed
 * alone.
 */
export class World implements Clock {
  #now: number
  #order = 0
  readonly #events: Event[] = []
  readonly #real = new Set<Promise<unknown>>()

  /** `start` in milliseconds since the epoch. */
  constructor(start: number) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  after(ms: number, happen: () => void): void {
    push(this.#events, { time: this.#now + Math.max(0, ms), order: this.#order++, happen })
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve))
  }

  sleepUntil(time: number, signal?: AbortSignal): Promise<void> {
    if (time <= this.#now || signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      this.after(time - this.#now, resolve)
      signal?.addEventListener('abort', () => resolve())
    })
  }

  /**
   * Virtual time stands still until `work` has settled: something real, such as a module that is loaded, or a function
   * of the user's.
   */
  async real<T>(work: Promise<T>): Promise<T> {
    this.#real.add(work)
    try {
      return await work
    } finally {
      this.#real.delete(work)
    }
  }

  /**
   * Lets events happen until `done` holds, nothing is left to happen, or `until` has passed; says whether `done` holds.
   */
  async run(done: () => boolean, until: number): Promise<boolean> {
    for (let turn = 0; ; turn++) {
      await promisesSettled(turn)
      while (this.#real.size > 0) {
        await Promise.allSettled(this.#real)
        await promisesSettled(turn)
      }
      if (done()) return true
      const next = this.#events[0]
      if (next === undefined || next.time > until) return false
      pop(this.#events)
      this.#now = Math.max(this.#now, next.time)
      next.happen()
    }
  }
}

interface Event {
  readonly time: number
  readonly order: number
  readonly happen: () => void
}

/** The tick queue runs only once no promise is left that could go on; now and then the event loop gets its turn too. */
const promisesSettled = (turn: number): Promise<void> =>
  new Promise((resolve) => {
    if (turn % 4096 === 4095) setImmediate(resolve)
    else process.nextTick(resolve)
  })

const before = (a: Event, b: Event): boolean => a.time < b.time || (a.time === b.time && a.order < b.order)

function push(heap: Event[], event: Event): void {
  let at = heap.length
  heap.push(event)
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!before(event, heap[parent])) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = event
}

function pop(heap: Event[]): void {
  const last = heap.pop()!
  if (heap.length === 0) return
  let at = 0
  for (;;) {
    let child = at * 2 + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child + 1], heap[child])) child++
    if (!before(heap[child], last)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = last
}
