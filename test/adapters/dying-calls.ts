import type { Death } from '../../lib/testing/contracts/sink-rows.ts'

/** Counts the calls of one process to a server, and ends it at the n-th. `cut` breaks its connection. */
export class DyingCalls {
  readonly #n: number
  readonly #death: Death
  #calls = 0
  #dead = false

  constructor(n: number, death: Death) {
    this.#n = n
    this.#death = death
  }

  get dead(): boolean {
    return this.#dead
  }

  async call<R>(body: () => Promise<R>, cut: () => void): Promise<R> {
    if (this.#dead) throw new Error('the process is gone')
    if (++this.#calls < this.#n) return body()
    this.#dead = true
    if (this.#death === 'after') await body()
    // The call is on its way when the connection breaks: the server may have heard of it or not.
    const underWay = this.#death === 'during' ? body().catch(() => {}) : null
    await new Promise(setImmediate)
    cut()
    await underWay
    throw new Error('killed')
  }
}
