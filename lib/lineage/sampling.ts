import { hashKey } from '../keys/hash.ts'
import { Sfc32 } from '../model/sfc32.ts'
import { foldUp } from '../model/walk.ts'
import { copyIfStorable } from '../state/own-copy.ts'
import { parentsOf, type RddNode, type Sink } from './node.ts'

/**
 * Reproducible draws for one partition: the same seed and split give the same sequence in every process, so a task may
 * run again.
 */
export class Draws {
  readonly #bits: Sfc32

  constructor(seed: number, split: number) {
    this.#bits = new Sfc32(hashKey([seed, split]), hashKey([split, seed, 'b']), 0x9e3779b9, 12)
  }

  /** Uniform in [0, 1). */
  next(): number {
    return this.#bits.next()
  }

  /** Uniform among 0 … count - 1. */
  below(count: number): number {
    return Math.floor(this.next() * count)
  }

  /** How often something with this mean happens. */
  poisson(mean: number): number {
    // exp(-mean) must stay well above the smallest double.
    if (mean > 30) return this.poisson(30) + this.poisson(mean - 30)
    const limit = Math.exp(-mean)
    let count = 0
    for (let product = this.next(); product > limit; product *= this.next()) count++
    return count
  }
}

/** A record that is drawn more than once: whoever changes it must not change it for the others. */
export function emitTimes<T>(out: Sink<T>, record: T, times: number): void {
  for (let i = 1; i < times; i++) out.emit(copyIfStorable(record))
  if (times > 0) out.emit(record)
}

/**
 * The seed where the caller gives none. It depends on the shape of the lineage only, so every process that rebuilds a
 * batch draws the same sample; two samples of one RDD are equal unless they are given seeds.
 */
export const positionSeed = (node: RddNode<any>): number =>
  foldUp<RddNode<any>, number>(
    node,
    parentsOf,
    (at, of) => hashKey([at.kind, at.partitions, ...parentsOf(at).map(of)]),
    seeds,
  )

/** The same as often as it is asked; a chain of samples would walk its lineage for each. */
const seeds = new WeakMap<RddNode<any>, number>()

/** `count` records, each equally likely, in one pass over an unknown number (reservoir sampling). */
export class Reservoir<T> {
  readonly kept: T[] = []
  /** Records seen. */
  seen = 0
  readonly #size: number
  readonly #draws: Draws

  constructor(size: number, draws: Draws) {
    this.#size = size
    this.#draws = draws
  }

  add(record: T): void {
    this.seen++
    if (this.kept.length < this.#size) this.kept.push(record)
    else {
      const slot = this.#draws.below(this.seen)
      if (slot < this.#size) this.kept[slot] = record
    }
  }
}
