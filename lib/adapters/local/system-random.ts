import { randomBytes } from 'node:crypto'
import type { Random } from '../../host/random.ts'

/** Randomness of the operating system: names drawn from it are unique across processes. */
export const systemRandom: Random = {
  newId: () => randomBytes(16).toString('hex'),
  next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48,
}
