import { ActionPromise } from '../../../lineage/action-promise.ts'
import type { JobRunner, NewCalls, Runnable } from '../../../lineage/jobs.ts'
import { ArraySink, sinkOf } from '../../../lineage/node.ts'
import { callerPlace } from '../../../model/place.ts'
import { checkSettled, isPromise } from '../../../model/settled.ts'

/**
 * `f` on every record, in order. Where `f` gives promises, so does this: a partition starts when the one before has
 * settled.
 */
export const foreach = <T>(rdd: Runnable<T>, f: (record: T) => unknown): void | Promise<void> =>
  inTurn(rdd, 0, (wait) => {
    const emit = (record: T): void => {
      const done = f(record)
      if (isPromise(done)) wait(observed(done))
    }
    return { sink: sinkOf(emit), finish: () => {} }
  })

/** `f` on the iterator of every partition, empty ones included. */
export const foreachPartition = <T>(
  rdd: Runnable<T>,
  f: (records: IterableIterator<T>) => unknown,
): void | Promise<void> =>
  inTurn(rdd, 0, (wait) => {
    const sink = new ArraySink<T>()
    return {
      sink,
      finish: () => {
        const done = f(sink.records.values())
        if (isPromise(done)) wait(observed(done))
      },
    }
  })

function inTurn(rdd: Runnable<any>, from: number, newCalls: NewCalls): void | Promise<void> {
  const { node, runner } = rdd
  for (let split = from; split < node.partitions; split++) {
    const waiting = runner.callEach ? runner.callEach(node, split, newCalls) : called(rdd, split, newCalls)
    if (waiting) return handedOn(runner, async () => waiting.then(() => inTurn(rdd, split + 1, newCalls)))
  }
}

function called({ node, runner }: Runnable<any>, split: number, newCalls: NewCalls): void | Promise<void> {
  // Where the batch is planned by what actions give, nobody can wait.
  const settled = runner.kind === 'planning' ? settledAction() : null
  const [answers] = runner.runJob(
    node,
    [split],
    () => {
      const waiting: Promise<unknown>[] = []
      const { sink, finish } = newCalls((answer) => {
        settled?.(answer)
        waiting.push(answer)
      })
      return {
        sink,
        finish: () => {
          finish()
          return waiting
        },
      }
    },
    'effects',
  )
  if (answers.length > 0) return Promise.all(answers).then(() => {})
}

/** Throws `E_ASYNC` for a promise that a function gave to an action inside `transform`; called where the action is. */
export function settledAction(): (answer: unknown) => void {
  const place = callerPlace()
  return (answer) => checkSettled(answer, 'an action inside transform', { place })
}

/**
 * A promise of an action. Whoever runs the function that called the action hears of it, since the function may forget
 * to return it: its batch would count as shown while records are still on their way.
 */
export function handedOn(runner: JobRunner, act: () => Promise<void> | void): Promise<void> {
  const promise = new ActionPromise<void>((resolve) => {
    resolve(act())
  })
  runner.begun?.(promise.observed())
  return promise
}

/** Its failure is reported by whoever waits for it; where a record fails before that, it must not end the process. */
function observed(promise: PromiseLike<unknown>): Promise<unknown> {
  const observedPromise = Promise.resolve(promise)
  observedPromise.catch(() => {})
  return observedPromise
}
