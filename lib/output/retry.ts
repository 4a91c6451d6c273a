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
    if (n >= attemptsMax) throw outcome.error
    const { clock, signal, key } = delivery
    if (clock)
      await clock.sleepUntil(
        clock.now() + Math.max(backoffMs(key, n), Math.min(outcome.waitMs ?? 0, waitMaxMs)),
        signal,
      )
  }
}

/**
 * Doubles from 50 ms to 5 s. The jitter comes from the key: partitions that met once wait differently, and a simulation
 * waits the same each time.
 */
function backoffMs(key: string, attempt: number): number {
  const jitter = createHash('sha256').update(`${key}#${attempt}`).digest().readUInt32LE(0) / 2 ** 32
  return Math.round(Math.min(5_000, 50 * 2 ** (attempt - 1)) * (0.5 + jitter / 2))
}

/** However long the other side asks for. */
const waitMaxMs = 60_000
