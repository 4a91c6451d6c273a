import type { ByteReader } from './bytes.ts'

/**
 * The string of the next `length` ASCII bytes: the one given out before, if it was of late. Saves making and hashing it
 * anew.
 */
export function recentName(r: ByteReader, length: number): string {
  if (length > LENGTH_MAX) return r.latin1(length)
  const at = r.take(length)
  const slot = slotOf(r.bytes, at, length)
  const known = recent[slot]
  if (known.length === length && startsHere(known, r.bytes, at)) return known
  const name = r.bytes.latin1Slice(at, at + length)
  recent[slot] = name
  return name
}

const LENGTH_MAX = 32
const SLOTS = 1024
const recent: string[] = new Array<string>(SLOTS).fill('')

function slotOf(bytes: Uint8Array, at: number, length: number): number {
  let hash = length
  for (let i = at; i < at + length; i++) hash = Math.imul(hash ^ bytes[i], 0x01000193)
  return (hash ^ (hash >>> 15)) & (SLOTS - 1)
}

function startsHere(name: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[at + i]) return false
  return true
}
