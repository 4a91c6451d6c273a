/** The promise of an action that waits. It knows whether anybody waits for it. */
export class ActionPromise<T> extends Promise<T> {
  /** Somebody awaits it, and hears of its failure. */
  isAwaited = false

  /** What is made of it is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  /** Its failure does not end the process, whether or not somebody awaits it: who is told of it hears of that. */
  observed(): this {
    super.then(undefined, () => {})
    return this
  }

  // oxlint-disable-next-line unicorn/no-thenable -- it is a promise already, and hears who waits for it
  override then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: any) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.isAwaited = true
    return super.then(fulfilled, rejected)
  }
}
