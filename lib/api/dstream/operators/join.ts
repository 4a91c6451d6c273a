import { everyPair } from '../../../lineage/combine.ts'
import type { DStream, Parts, ShuffleOptions } from '../dstream.ts'
import { cogroup } from './cogroup.ts'
import { flatMapValues } from './flat-map-values.ts'

type Groups<V, W> = readonly [V[], W[]]
type Pairing = <V, W>(groups: Groups<V, W>) => [V | undefined, W | undefined][]

const orMissing = <V>(values: readonly V[]): readonly (V | undefined)[] => (values.length > 0 ? values : [undefined])

const inner: Pairing = ([vs, ws]) => everyPair(vs, ws)
const left: Pairing = ([vs, ws]) => everyPair(vs, orMissing(ws))
const right: Pairing = ([vs, ws]) => everyPair(orMissing(vs), ws)
const full: Pairing = ([vs, ws]) => everyPair(orMissing(vs), orMissing(ws))

/**
 * Joins of the two RDDs of one batch time, cross product per key (Spark: `PairDStreamFunctions.join` and its outer
 * forms).
 */
const joinWith =
  (pairing: Pairing) =>
  <K, V, W, P>(
    a: DStream<readonly [K, V]>,
    b: DStream<readonly [K, W]>,
    parts?: Parts | ShuffleOptions,
  ): DStream<[K, P]> =>
    flatMapValues(cogroup(a, b, parts), pairing as never)

export const join = joinWith(inner)
export const leftOuterJoin = joinWith(left)
export const rightOuterJoin = joinWith(right)
export const fullOuterJoin = joinWith(full)
