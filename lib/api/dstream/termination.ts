/** What `awaitTermination` waits for: the end, or the newest error that anyone reported (Spark: `ContextWaiter`). */
export class Termination {
  #stopped = false
  #error: { readonly value: unknown } | null = null
  #waiters = new Set<() => void>()

  reportStop(): void {
    this.#stopped = true
    this.#wake()
  }

  reportError(error: unknown): void {
    this.#error = { value: error }
    this.#wake()
  }

  #wake(): void {
    const waiters = [...this.#waiters]
    this.#waiters.clear()
    for (const wake of waiters) wake()
  }

  /** `true`: stopped; `false`: `timeout` came first. Throws a reported error. */
  async wait(timeout: Promise<void> | null): Promise<boolean> {
    for (;;) {
      if (this.#error) throw this.#error.value
      if (this.#stopped) return true
      const changed = new Promise<'changed'>((resolve) => this.#waiters.add(() => resolve('changed')))
      const outcome = await (timeout ? Promise.race([changed, timeout.then(() => 'timeout' as const)]) : changed)
      if (outcome === 'timeout') return this.#outcome()
    }
  }

  #outcome(): boolean {
    if (this.#error) throw this.#error.value
    return this.#stopped
  }
}
