import { backoffMs } from '../host/backoff.ts'
import type { Delivery } from './sink.ts'

/** What one attempt came to. `again` says why, and at least how long to wait if the other side said so. */
export type Attempt<R> =
  | { readonly kind: 'done'; readonly result: R }
  | { readonly kind: 'again'; readonly error: unknown; readonly waitMs?: number }

/** Tries until an attempt is done; the error of the last one when all are used up, or when the delivery is given up. */
export async function tryRepeatedly<R>(
  delivery: Delivery,
  attemptsMax: number,
  attempt: () => Promise<Attempt<R>>,
): Promise<R> {
  for (let n = 1; ; n++) {
    delivery.signal?.throwIfAborted()
    const outcome = await attempt()
    if (outcome.kind === 'done') return outcome.result
    // Who is asked to stay away for long must not keep the batch waiting: the output is held instead, and it alone.
    if (n >= attemptsMax || (outcome.waitMs ?? 0) > WAIT_HERE_MS) throw outcome.error
    const { clock, signal, key, notAfter } = delivery
    if (!clock) continue
    const due = clock.now() + Math.max(backoffMs(key, n), outcome.waitMs ?? 0)
    if (notAfter !== undefined && due >= notAfter) throw outcome.error
    await clock.sleepUntil(due, signal)
  }
}

/** A longer wait than this is not waited for within a batch. */
const WAIT_HERE_MS = 10_000
