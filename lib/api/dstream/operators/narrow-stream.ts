import type { DStream } from '../dstream.ts'
import { type NarrowOp, narrowNode } from '../../../lineage/narrow.ts'
import { needsFunction } from '../../../lineage/bad-argument.ts'

/** A stream whose every RDD is the parent's with one record-wise operator on top; no RDD where the parent has none. */
export function narrowStream<U>(stream: DStream<any>, op: NarrowOp): DStream<U> {
  needsFunction(op.f, op.kind)
  const parent = stream.node
  return stream.derive<U>({
    kind: 'narrow',
    operator: op.kind,
    compute: (time, view) => {
      const rdd = view.rdd(parent, time)
      return rdd && narrowNode<U>(rdd, op)
    },
  })
}
