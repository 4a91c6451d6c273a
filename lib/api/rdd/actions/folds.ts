import { KeyTable } from '../../../keys/key-table.ts'
import { callerPlace } from '../../../model/place.ts'
import { checkSettled, isPromise } from '../../../model/settled.ts'
import type { Runnable } from '../../../lineage/jobs.ts'
import { sinkOf } from '../../../lineage/node.ts'
import { zeroMaker } from '../../../lineage/zero.ts'
import { mapOfPairs } from './counts.ts'
import { everySplit, folding } from './partials.ts'
import { emptyCollection } from './take.ts'

export function reduce<T>(rdd: Runnable<T>, f: (a: T, b: T) => T): T {
  // One record or none per partition, so that an empty one does not count.
  const parts = everySplit(
    rdd,
    folding<T, T[]>(
      () => [],
      (soFar, record) => {
        soFar[0] = soFar.length === 0 ? record : f(soFar[0], record)
        return soFar
      },
    ),
  ).flat(1)
  if (parts.length === 0) throw emptyCollection()
  return settled(
    parts.reduce((a, b) => f(a, b)),
    'reduce',
  )
}

/** The zero counts once per partition and once more for the total. */
export function aggregate<T, U>(
  rdd: Runnable<T>,
  zero: U,
  seqOp: (soFar: U, record: T) => U,
  combOp: (a: U, b: U) => U,
): U {
  const newZero = zeroMaker(zero)
  return settled(
    everySplit(rdd, folding<T, U>(newZero, seqOp)).reduce((a, b) => combOp(a, b), newZero()),
    'aggregate',
  )
}

export function reduceByKeyLocally<K, V>(rdd: Runnable<readonly [K, V]>, f: (a: V, b: V) => V): Map<K, V> {
  const parts = everySplit<[K, V][]>(rdd, () => {
    const table = new KeyTable()
    const values: V[] = []
    return {
      sink: sinkOf<readonly [K, V]>(([key, value]) => {
        const id = table.upsert(key)
        values[id] = id in values ? f(values[id], value) : value
      }),
      finish: () => values.map((value, id) => [table.keyAt(id) as K, value]),
    }
  })
  const reduced = mapOfPairs(parts, f)
  for (const value of reduced.values()) settled(value, 'reduceByKeyLocally')
  return reduced
}

/** A reduction that gives promises has reduced nothing. */
function settled<T>(result: T, action: string): T {
  if (isPromise(result)) checkSettled(result, action, { place: callerPlace() })
  return result
}
