/** Numbers in [0, 1) and values made of them, the same for one seed. */
export class RandomValues {
  #state: number

  constructor(seed: number) {
    this.#state = seed ^ 0x9e3779b9 || 1
  }

  next(): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return (this.#state >>> 0) / 2 ** 32
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]
  }

  list<T>(lengthMax: number, item: () => T): T[] {
    return Array.from({ length: this.below(lengthMax + 1) }, item)
  }

  text(): string {
    const alphabet = this.pick(['ab', 'abcdefgh 0123', 'aé', 'a日本', 'x😀', 'a\ud800\udc00\udfff'])
    return Array.from({ length: this.below(this.pick([3, 12, 40])) }, () => alphabet[this.below(alphabet.length)]).join(
      '',
    )
  }

  number(): number {
    return this.pick([
      0,
      -0,
      1,
      -1,
      NaN,
      Infinity,
      -Infinity,
      2 ** 31,
      -(2 ** 31),
      2 ** 53,
      0.1,
      5e-324,
      this.below(1000),
      this.next(),
    ])
  }

  primitive(): unknown {
    return this.pick([
      () => undefined,
      () => null,
      () => true,
      () => false,
      () => this.number(),
      () => this.text(),
      () => BigInt(this.below(1e9)) ** BigInt(this.below(5)) * BigInt(this.pick([1, -1])),
    ])()
  }

  /** Anything the value codec keeps. */
  value(depth: number = 3): unknown {
    if (depth === 0 || this.next() < 0.4) return this.primitive()
    const inner = (): unknown => this.value(depth - 1)
    return this.pick([
      () => this.list(4, inner),
      () => this.sparse(inner),
      () =>
        Object.fromEntries(
          this.list(4, () => [this.pick(['a', 'b', '__proto__', 'constructor', '10', '9', 'é']), inner()]),
        ),
      () => Object.assign(Object.create(null), { n: inner() }) as unknown,
      () => new Map(this.list(3, () => [inner(), inner()])),
      () => new Set(this.list(3, inner)),
      () => new Date(this.below(2e12)),
      () => Buffer.from(this.text()),
      () => new Float64Array(this.list(3, () => this.number())),
      () => new Int16Array(this.list(3, () => this.below(100))),
      () => new Uint8Array(this.list(3, () => this.below(256))).buffer,
    ])()
  }

  /** A column of one kind of values, sometimes with a stranger in it. */
  column(count: number): unknown[] {
    const names = this.list(3, () => this.pick(['a', 'b', 'c', '7', '__proto__']))
    const cell = this.pick([
      () => this.primitive(),
      () => this.below(300) - 150,
      () => this.number(),
      () => this.text(),
    ])
    const row = this.pick<() => unknown>([
      cell,
      () => this.value(2),
      () => this.below(2) === 0,
      () => this.below(1e9),
      () => `k${this.below(1e6)}`,
      () => 7,
      () => null,
      () => [this.text(), this.below(10)],
      () => [cell(), [cell(), 1], cell()],
      () => Object.fromEntries(names.map((name) => [name, cell()])),
      () => ({ id: this.below(9), place: { x: this.next(), y: cell() } }),
    ])
    const column = Array.from({ length: count }, row)
    if (count > 0 && this.next() < 0.2) column[this.below(count)] = this.value(1)
    return column
  }

  private sparse(inner: () => unknown): unknown[] {
    const array: unknown[] = []
    for (let left = this.below(3); left > 0; left--) array[this.below(6)] = inner()
    array.length += this.pick([0, 1, 5000])
    return array
  }
}

export const seedOf = (): number => Number(process.env['SLUICE_SEED'] ?? Date.now() % 1e9)
