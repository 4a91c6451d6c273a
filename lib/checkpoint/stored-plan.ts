import type { BatchNumber, TickNumber } from '../model/ids.ts'
import type { RecordNumbers } from '../model/dead-letter.ts'
import type { Json } from '../model/json.ts'
import type { Cut } from '../model/manifest.ts'
import type { BlobRef } from '../model/refs.ts'
import { anything, count, fields, list, maybe, named, nullOr, text, whole } from '../model/shape.ts'
import type { SplitEnds } from '../model/task.ts'
import { cutShape, skipShape } from './check-manifest.ts'
import { ownerOf, parsedObject, refsOf } from './ref-shape.ts'

/** What a plan consists of that cannot be found out again. */
export interface StoredPlan {
  readonly batch: BatchNumber
  readonly tick: TickNumber
  readonly time: number
  readonly cuts: { readonly [source: string]: Cut | null }
  readonly positions: { readonly [source: string]: Json }
  readonly actions: { readonly [operator: string]: readonly string[] }
  readonly skip?: RecordNumbers
  readonly ends?: SplitEnds
  /** Dead letters that are dealt with when this batch commits. */
  readonly settled: readonly string[]
}

/**
 * The plan that an object holds, once every field of it is known to be one. Throws `E_MANIFEST_CORRUPT`, `E_REF_SCOPE`.
 */
export const decodePlan = (bytes: Uint8Array, ref: BlobRef): StoredPlan =>
  parsedObject('Plan', bytes, ref, (value) =>
    fields({
      batch: count,
      tick: count,
      time: whole,
      cuts: named(nullOr(cutShape(refsOf(ownerOf(ref))))),
      positions: named(anything),
      actions: named(list(text)),
      skip: maybe(skipShape),
      ends: maybe(named(named(anything))),
      settled: list(text),
    })(value),
  ) as StoredPlan
