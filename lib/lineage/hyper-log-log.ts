import { hashBits } from '../keys/hash.ts'
import { shownOr } from '../model/settled.ts'
import { badArgument } from './bad-argument.ts'

/**
 * Counts distinct keys approximately, in `2^bits` bytes (Flajolet et al., with linear counting where few registers are
 * in use). Plain bytes, so that they travel and are stored like any other value.
 */
export function registersFor(relativeSd: number): Uint8Array {
  const bits = Math.ceil(2 * Math.log2(1.054 / Number(relativeSd)))
  if (!(bits <= BITS_MAX) || typeof relativeSd !== 'number' || relativeSd === Infinity)
    throw badArgument(
      `The relative accuracy ${shownOr(relativeSd)} is out of range.`,
      'pass 0.0011 or more, such as 0.05',
      'count exactly with distinct().count()',
    )
  return new Uint8Array(2 ** Math.max(BITS_MIN, bits))
}

const BITS_MIN = 4
const BITS_MAX = 20

export function addDistinct(registers: Uint8Array, key: unknown): Uint8Array {
  const bits = 31 - Math.clz32(registers.length)
  const hash = hashBits(key)
  // The rank is the place of the first set bit behind the register number; a guard bit ends the search.
  const rank = Math.clz32((hash << bits) | (1 << (bits - 1))) + 1
  const register = hash >>> (32 - bits)
  if (registers[register] < rank) registers[register] = rank
  return registers
}

/** Changes and returns `a`. */
export function mergeDistinct(a: Uint8Array, b: Uint8Array): Uint8Array {
  for (let i = 0; i < a.length; i++) if (a[i] < b[i]) a[i] = b[i]!
  return a
}

export function estimateDistinct(registers: Uint8Array): number {
  const size = registers.length
  let inverse = 0
  let unused = 0
  for (const rank of registers) {
    inverse += 2 ** -rank
    if (rank === 0) unused++
  }
  const raw = (alpha(size) * size * size) / inverse
  if (raw <= 2.5 * size && unused > 0) return Math.round(size * Math.log(size / unused))
  // Hashes have 32 bits: near the end of their range, different keys share them.
  return Math.round(raw <= 2 ** 32 / 30 ? raw : -(2 ** 32) * Math.log(1 - raw / 2 ** 32))
}

function alpha(size: number): number {
  if (size === 16) return 0.673
  if (size === 32) return 0.697
  return size === 64 ? 0.709 : 0.7213 / (1 + 1.079 / size)
}
