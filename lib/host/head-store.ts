/**
 * The one register of an app: every decision of the batch protocol is a compare-and-swap on it.
 *
 * A refused or unanswered write tells the caller nothing about who won: it reads again and compares identities.
 * That is why `cas` may throw on a lost connection, and why nobody retries it blindly.
 */
export interface HeadStore<Value> {
  /** The newest value and its revision, never an older one; `null` before the first write. */
  read(): Promise<Versioned<Value> | null>
  /**
   * Writes `value` as revision `expected + 1` if the register still holds revision `expected` (0: nothing was ever
   * written). `written` is durable when the promise resolves, unless the caller is content with `soon`: then the next
   * write is not durable before this one is. `cause` names the protocol step; stores that keep a history store it
   * beside the value.
   */
  cas(expected: number, value: Value, cause: string, durable?: 'now' | 'soon'): Promise<'written' | 'refused'>
  /** Lets go of files and connections. */
  close(): Promise<void>
}

/** What a head store holds, with its number. */
export interface Versioned<Value> {
  /** One more with every write, from 1. */
  readonly rev: number
  /** What was written last. */
  readonly value: Value
}

/** One write as a store with a history remembers it: what `verify` replays. */
export interface HeadWrite<Value> extends Versioned<Value> {
  readonly cause: string
}
