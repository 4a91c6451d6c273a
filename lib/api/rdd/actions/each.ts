import type { NewPartial, Runnable } from '../../../lineage/jobs.ts'
import { ArraySink, sinkOf } from '../../../lineage/node.ts'

/**
 * `f` on every record, in order. Where `f` gives promises, so does this: a partition starts when the one before has
 * settled.
 */
export const foreach = <T>(rdd: Runnable<T>, f: (record: T) => unknown): void | Promise<void> =>
  inTurn(rdd, 0, () => {
    const waiting: Promise<unknown>[] = []
    const emit = (record: T): void => {
      const done = f(record)
      if (isPromise(done)) waiting.push(observed(done))
    }
    return { sink: sinkOf(emit), finish: () => (waiting.length > 0 ? Promise.all(waiting) : null) }
  })

/** `f` on the iterator of every partition, empty ones included. */
export const foreachPartition = <T>(
  rdd: Runnable<T>,
  f: (records: IterableIterator<T>) => unknown,
): void | Promise<void> =>
  inTurn(rdd, 0, () => {
    const sink = new ArraySink<T>()
    return {
      sink,
      finish: () => {
        const done = f(sink.records.values())
        return isPromise(done) ? observed(done) : null
      },
    }
  })

function inTurn(
  rdd: Runnable<any>,
  from: number,
  newPartial: NewPartial<Promise<unknown> | null>,
): void | Promise<void> {
  const { node, runner } = rdd
  for (let split = from; split < node.partitions; split++) {
    const [waiting] = runner.runJob(node, [split], newPartial, 'effects')
    if (waiting) return waiting.then(() => inTurn(rdd, split + 1, newPartial))
  }
}

/** Its failure is reported by whoever waits for it; where a record fails before that, it must not end the process. */
function observed(promise: PromiseLike<unknown>): Promise<unknown> {
  const observedPromise = Promise.resolve(promise)
  observedPromise.catch(() => {})
  return observedPromise
}

const isPromise = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
