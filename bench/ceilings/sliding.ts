import { StringTable, withRoom } from './string-table.ts'

type Add = (a: number, b: number) => number

/** Counts per key in the newest pane, by dense number of the key. */
class Panes {
  readonly table: StringTable
  readonly #ring: Float64Array<ArrayBuffer>[]
  #next = 0

  constructor(panes: number, keysExpected: number) {
    this.table = new StringTable(keysExpected)
    this.#ring = Array.from({ length: panes }, () => new Float64Array(keysExpected))
  }

  /** The pane that has been in the ring longest; its place is about to be taken. */
  get oldest(): Float64Array {
    return this.#ring[this.#next]
  }

  /** Reduces a batch into the place of the oldest pane. */
  reduce(
    chunks: readonly (readonly string[])[],
    pair: (key: string) => readonly [string, number],
    add: Add,
  ): Float64Array {
    let pane = this.#ring[this.#next].fill(0)
    for (const keys of chunks) {
      for (const key of keys) {
        const [name, value] = pair(key)
        const id = this.table.upsert(name)
        if (id >= pane.length) pane = withRoom(pane, id + 1)
        pane[id] = pane[id] === 0 ? value : add(pane[id], value)
      }
    }
    this.#ring[this.#next] = pane
    this.#next = (this.#next + 1) % this.#ring.length
    return pane
  }
}

/** What is common: emits every key of the window into a count and a sum. */
abstract class ByHand {
  count = 0
  sum = 0
  protected result: Float64Array<ArrayBuffer>
  protected readonly panes: Panes

  constructor(panes: number, keysExpected: number) {
    this.panes = new Panes(panes, keysExpected)
    this.result = new Float64Array(keysExpected)
  }

  protected emit(): void {
    const { result } = this
    for (let id = 0; id < this.panes.table.size; id++) {
      if (result[id] === 0) continue
      this.count++
      this.sum += result[id]
    }
  }

  *rows(): Iterable<[string, number]> {
    for (let id = 0; id < this.panes.table.size; id++)
      if (this.result[id] !== 0) yield [this.panes.table.keys[id], this.result[id]]
  }

  abstract batch(chunks: readonly (readonly string[])[]): void
}

/** With an inverse: what left goes out of the running result, what came goes in. Values of 0 are absent keys. */
export class HandInverse extends ByHand {
  batch(chunks: readonly (readonly string[])[]): void {
    const subtract: Add = (a, b) => a - b
    const add: Add = (a, b) => a + b
    const left = this.panes.oldest
    for (let id = 0; id < left.length; id++) if (left[id] !== 0) this.result[id] = subtract(this.result[id], left[id])
    const came = this.panes.reduce(chunks, (key) => [key, 1], add)
    this.result = withRoom(this.result, came.length)
    for (let id = 0; id < came.length; id++) if (came[id] !== 0) this.result[id] = add(this.result[id], came[id])
    this.emit()
  }
}

/**
 * Without: two stacks. The front holds, for each of its panes, the sum from there to its end; it is made anew once per
 * window.
 */
export class HandTwoStacks extends ByHand {
  readonly #length: number
  #front: Float64Array[] = []
  #behind: Float64Array[] = []
  #back: Float64Array<ArrayBuffer>

  constructor(panes: number, keysExpected: number) {
    super(panes, keysExpected)
    this.#length = panes
    this.#back = new Float64Array(keysExpected)
  }

  batch(chunks: readonly (readonly string[])[]): void {
    const add: Add = (a, b) => a + b
    if (this.#behind.length === this.#length) this.#flip(add)
    this.#front.pop()
    const came = this.panes.reduce(chunks, (key) => [key, 1], add)
    this.#behind.push(came)
    this.#back = withRoom(this.#back, came.length)
    for (let id = 0; id < came.length; id++) if (came[id] !== 0) this.#back[id] = add(this.#back[id], came[id])
    this.#combine(add)
    this.emit()
  }

  #flip(add: Add): void {
    let suffix = new Float64Array(this.#back.length)
    this.#front = []
    for (const pane of this.#behind.reverse()) {
      suffix = suffix.slice()
      for (let id = 0; id < pane.length; id++) if (pane[id] !== 0) suffix[id] = add(suffix[id], pane[id])
      this.#front.push(suffix)
    }
    this.#behind = []
    this.#back.fill(0)
  }

  #combine(add: Add): void {
    const front = this.#front.at(-1)
    this.result = withRoom(this.result, this.#back.length)
    if (!front) this.result.set(this.#back)
    else for (let id = 0; id < this.#back.length; id++) this.result[id] = add(front[id] ?? 0, this.#back[id])
  }
}
