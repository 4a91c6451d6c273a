import { crc32 } from 'node:zlib'
import { indexBytes, openBlock } from '../../lib/codec/block.ts'
import type { Dice } from './dice.ts'

/**
 * What may happen to bytes on a disk or on the way: cut off, flipped, overwritten, swapped, run together with others,
 * given another length.
 */
export function damaged(dice: Dice, bytes: Uint8Array, other: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes)
  const at = (): number => dice.below(Math.max(1, copy.length))
  return dice.oneOf([
    () => copy.subarray(0, at()),
    () => copy.subarray(at()),
    () => {
      for (let n = dice.between(1, 5); n > 0; n--) copy[at()] ^= 1 << dice.below(8)
      return copy
    },
    () => {
      for (let n = dice.between(1, 5); n > 0; n--) copy[at()] = dice.below(256)
      return copy
    },
    () => copy.fill(0, at(), at()),
    () => {
      const [a, b] = [at(), at()].sort((x, y) => x - y)
      return Buffer.concat([copy.subarray(b), copy.subarray(a, b), copy.subarray(0, a)])
    },
    () => Buffer.concat([copy.subarray(0, at()), Buffer.from(other).subarray(dice.below(Math.max(1, other.length)))]),
    () => Buffer.concat([copy, Buffer.from(other)]),
    () => {
      if (copy.length >= 4)
        copy.writeUInt32LE(
          dice.oneOf([0, 1, 255, 65_536, 2 ** 31, 2 ** 32 - 1, copy.length]),
          dice.below(copy.length - 3),
        )
      return copy
    },
  ])()
}

/** A block with damage inside its sections and checksums that fit it. */
export function damagedUnderItsChecksums(dice: Dice, bytes: Uint8Array): Uint8Array {
  const copy = Buffer.from(bytes)
  const { entries } = openBlock(bytes, 'block')
  const index = copy.length - indexBytes(entries.length)
  for (let n = dice.between(1, 4); n > 0 && index > 8; n--) copy[8 + dice.below(index - 8)] = dice.below(256)
  entries.forEach(({ offset, length }, i) =>
    copy.writeUInt32LE(crc32(copy.subarray(offset, offset + length)), index + 20 * i + 16),
  )
  copy.writeUInt32LE(crc32(copy.subarray(index, copy.length - 12)), copy.length - 12)
  return copy
}
