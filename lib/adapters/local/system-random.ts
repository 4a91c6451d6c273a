import { randomFillSync } from 'node:crypto'
import type { Random } from '../../host/random.ts'

const ID_BYTES = 16
const POOL_BYTES = 64 * ID_BYTES

/** One request to the operating system costs as much as fifty ids, so that they are drawn together. */
const pool = Buffer.alloc(POOL_BYTES)
let used = POOL_BYTES

function newId(): string {
  if (used === POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  used += ID_BYTES
  return pool.toString('hex', used - ID_BYTES, used)
}

/** Randomness of the operating system: names drawn from it are unique across processes. */
export const systemRandom: Random = {
  newId,
  next: () => Number.parseInt(newId().slice(0, 12), 16) / 2 ** 48,
}
