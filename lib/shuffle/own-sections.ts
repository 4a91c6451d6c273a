import { HEADER_BYTES } from '../codec/block-form.ts'
import type { MapOutput } from '../model/task.ts'

/** Reducers that one task works for: from the first to the last. */
export interface ReducerRange {
  readonly first: number
  readonly last: number
}

/**
 * What a task must know of a block that works for reducers `first` to `last`: of one that travels, their sections and
 * nothing else. Pure.
 */
export function forReducers(output: MapOutput, { first, last }: ReducerRange): MapOutput {
  const { key, len, crc, inline } = output.ref
  const { sizes } = output
  if (inline === undefined || sizes === undefined) return output
  const bytes = Buffer.from(inline, 'base64').subarray(startOf(sizes, first), startOf(sizes, last + 1))
  return { ...output, ref: { key, len, crc }, sections: { first, bytes: bytes.toString('base64') } }
}

/** Where a reducer's section begins in a block. */
export function startOf(sizes: readonly number[], reducer: number): number {
  let start = HEADER_BYTES
  for (let i = 0; i < reducer; i++) start += sizes[i]
  return start
}
