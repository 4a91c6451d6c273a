import type { RefShape } from '../checkpoint/ref-shape.ts'
import { count, fields, list, maybe, type Shape, text } from '../model/shape.ts'

/** What a map task says of the block that it wrote: as it answers, and as a reducer is told of it. */
export const mapOutputs = (ref: RefShape): Shape =>
  list(
    fields({
      shuffle: count,
      ref: ref('shuffle'),
      counts: list(count),
      sums: list(count),
      sizes: maybe(list(count)),
      sections: maybe(fields({ first: count, bytes: text })),
    }),
  )
