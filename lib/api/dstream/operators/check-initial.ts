import { badArgument } from '../../../lineage/bad-argument.ts'
import { kindOf } from '../../../model/settled.ts'
import { RDD } from '../../rdd/rdd.ts'

/** Anything else would be taken for no state at all, and nobody would hear of it. Throws `E_ARGUMENT`. */
export function checkInitial(initial: unknown): void {
  if (initial === null || initial instanceof RDD) return
  throw badArgument(
    `The state before the first batch is ${kindOf(initial)}, and must be an RDD of pairs.`,
    "ssc.sparkContext.parallelize([['a', 1]])",
  )
}
