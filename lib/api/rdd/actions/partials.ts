import { callerPlace } from '../../../model/place.ts'
import { checkSettled, isPromise } from '../../../model/settled.ts'
import type { NewPartial, Runnable } from '../../../lineage/jobs.ts'
import { sinkOf } from '../../../lineage/node.ts'

/** One result per partition. */
export const everySplit = <P>({ node, runner }: Runnable<any>, newPartial: NewPartial<P>): P[] =>
  runner.runJob(node, splitsOf(node.partitions), newPartial)

export const splitsOf = (count: number, from = 0): number[] =>
  Array.from({ length: Math.max(0, count) }, (_, i) => from + i)

/** Keeps one value per partition; `step` gives the next one. */
export const folding = <T, P>(initial: () => P, step: (soFar: P, record: T) => P): NewPartial<P> => {
  // Partitions may be folded where nothing of the program's is on the stack.
  const place = callerPlace()
  return () => {
    let soFar = initial()
    return {
      sink: sinkOf<T>((record) => {
        soFar = step(soFar, record)
      }),
      finish: () => {
        if (isPromise(soFar)) checkSettled(soFar, 'a reduction', { place })
        return soFar
      },
    }
  }
}
