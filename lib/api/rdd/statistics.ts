/**
 * Count, mean and spread of numbers in one pass, mergeable across partitions (Spark's `StatCounter`; Welford and Chan
 * et al.).
 */
export class StatCounter {
  #count = 0
  #mean = 0
  /** Sum of squared distances from the mean. */
  #m2 = 0
  #max = -Infinity
  #min = Infinity

  /** @internal `stats()` gives one. */
  constructor(values: Iterable<number> = []) {
    for (const value of values) this.merge(value)
  }

  /** @internal `stats()` gives one. */
  static of(moments: Moments): StatCounter {
    const counter = new StatCounter()
    ;[counter.#count, counter.#mean, counter.#m2, counter.#max, counter.#min] = moments
    return counter
  }

  /** Adds one number, or all numbers of another counter. */
  merge(other: number | StatCounter): this {
    if (typeof other === 'number') this.#add(other)
    else this.#addAll(other)
    return this
  }

  /** How many numbers there are. Spark: `StatCounter.count`. */
  count(): number {
    return this.#count
  }
  /** 0 without numbers, as in Spark. */
  mean(): number {
    return this.#mean
  }
  /** Of all numbers. Spark: `StatCounter.sum`. */
  sum(): number {
    return this.#count * this.#mean
  }
  /** -Infinity without numbers. */
  max(): number {
    return this.#max
  }
  /** Infinity without numbers. */
  min(): number {
    return this.#min
  }
  /** Of the population (divides by n); NaN without numbers. */
  variance(): number {
    return this.#count === 0 ? NaN : this.#m2 / this.#count
  }
  /** Of the population; NaN without numbers. Spark: `StatCounter.popVariance`. */
  popVariance(): number {
    return this.variance()
  }
  /** Divides by n - 1; NaN below two numbers. */
  sampleVariance(): number {
    return this.#count <= 1 ? NaN : this.#m2 / (this.#count - 1)
  }
  /** The same as `popStdev`. Spark: `StatCounter.stdev`. */
  stdev(): number {
    return Math.sqrt(this.variance())
  }
  /** Of the population; NaN without numbers. Spark: `StatCounter.popStdev`. */
  popStdev(): number {
    return this.stdev()
  }
  /** NaN below two numbers. Spark: `StatCounter.sampleStdev`. */
  sampleStdev(): number {
    return Math.sqrt(this.sampleVariance())
  }

  /** All of it as plain data. */
  moments(): Moments {
    return [this.#count, this.#mean, this.#m2, this.#max, this.#min]
  }

  /** All of it in one line, as Spark writes it. Spark: `StatCounter.toString`. */
  toString(): string {
    return `(count: ${this.#count}, mean: ${this.mean()}, stdev: ${this.stdev()}, max: ${this.#max}, min: ${this.#min})`
  }

  #add(value: number): void {
    const distance = value - this.#mean
    this.#count++
    this.#mean += distance / this.#count
    this.#m2 += distance * (value - this.#mean)
    this.#max = Math.max(this.#max, value)
    this.#min = Math.min(this.#min, value)
  }

  #addAll(other: StatCounter): void {
    const [count, mean, m2, max, min] = other.moments()
    if (count === 0) return
    const total = this.#count + count
    const distance = mean - this.#mean
    this.#m2 += m2 + (distance * distance * this.#count * count) / total
    this.#mean += (distance * count) / total
    this.#count = total
    this.#max = Math.max(this.#max, max)
    this.#min = Math.min(this.#min, min)
  }
}

/** count, mean, squared distances, max, min. */
export type Moments = readonly [number, number, number, number, number]
