import { createHash } from 'node:crypto'
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
    const { clock, signal, key } = delivery
    if (clock) await clock.sleepUntil(clock.now() + Math.max(backoffMs(key, n), outcome.waitMs ?? 0), signal)
  }
}

export interface Backoff {
  readonly firstMs: number
  readonly mostMs: number
}

const WITHIN_A_BATCH: Backoff = { firstMs: 50, mostMs: 5_000 }

/**
 * Doubles from the first wait to the longest. The jitter comes from the key: partitions that met once wait differently,
 * and a simulation waits the same each time.
 */
export function backoffMs(key: string, attempt: number, { firstMs, mostMs }: Backoff = WITHIN_A_BATCH): number {
  const jitter = createHash('sha256').update(`${key}#${attempt}`).digest().readUInt32LE(0) / 2 ** 32
  return Math.round(Math.min(mostMs, firstMs * 2 ** (attempt - 1)) * (0.5 + jitter / 2))
}

/** A longer wait than this is not waited for within a batch. */
const WAIT_HERE_MS = 10_000
