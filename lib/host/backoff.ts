import { createHash } from 'node:crypto'

/** Waits that grow. */
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
