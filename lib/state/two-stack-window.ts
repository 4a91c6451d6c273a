import { ValueColumn } from '../keys/value-column.ts'
import { ownCopy } from './own-copy.ts'
import type { Pane, PaneAggregate, WindowSpec } from './window-spec.ts'

/** Values by id, and which ids have one. */
class Column {
  readonly values = new ValueColumn()
  present = new Uint8Array(64)
  limit = 0

  static copyOf(other: Column | null): Column {
    const copy = new Column()
    if (!other) return copy
    copy.present = other.present.slice()
    copy.limit = other.limit
    for (let id = 0; id < other.limit; id++) if (other.present[id]) copy.values.set(id, ownCopy(other.values.get(id)))
    return copy
  }

  /** Combines a pane in: before what is here (`older`) or after it. */
  merge(pane: Pane, f: WindowSpec['f'], older: boolean): void {
    for (let i = 0; i < pane.ids.length; i++) {
      const id = pane.ids[i]
      if (id >= this.limit) this.#reach(id)
      const value = pane.values[i]
      if (!this.present[id]) {
        this.present[id] = 1
        this.values.set(id, ownCopy(value))
      } else {
        const own = ownCopy(value)
        this.values.set(id, older ? f(own, this.values.get(id)) : f(this.values.get(id), own))
      }
    }
  }

  #reach(id: number): void {
    this.limit = id + 1
    if (this.limit <= this.present.length) return
    const larger = new Uint8Array(Math.max(this.limit, this.present.length * 2))
    larger.set(this.present)
    this.present = larger
  }
}

/**
 * A window without an inverse, as two stacks: `back` is one running value per key over the newest panes; `front` holds,
 * for each older pane, the value from there to the end of the front. Taking the oldest pane out is then a step to the
 * next front entry, and a slide costs one combination per key, whatever the window's length.
 *
 * The front is cut where time since the zero time is a multiple of the window's length, not where history happened to
 * empty it: a restarted process rebuilds the same cut and so the same rounding. Of the front's entries only every √n-th
 * is kept; the run of entries in use is filled in from them.
 */
export class TwoStackWindow implements PaneAggregate {
  readonly #spec: WindowSpec
  #back = new Column()
  /** Panes of the front, oldest first, and how many of them have left the window. */
  #front: Pane[] = []
  #left = 0
  #marks = new Map<number, Column>()
  #run: { readonly from: number; readonly columns: (Column | null)[] } = { from: 0, columns: [] }

  constructor(spec: WindowSpec) {
    this.#spec = spec
  }

  /**
   * Time alone moves the cut, also in batches without a pane: a process that restarted must find it in the same place.
   */
  advance(time: number): void {
    this.#flipBefore(time)
  }

  enter(pane: Pane): void {
    this.#flipBefore(pane.time)
    this.#back.merge(pane, this.#spec.f, false)
    this.#behind.push(pane)
  }

  #behind: Pane[] = []

  /** A pane beyond a cut turns what lies before the cut into the front. */
  #flipBefore(time: number): void {
    const { zeroTime, lengthMs, paneMs } = this.#spec
    const cut = Math.floor((time - paneMs - zeroTime) / lengthMs) * lengthMs + zeroTime
    if (this.#behind.length === 0 || this.#behind[0].time > cut) return
    this.#front = this.#behind.filter((pane) => pane.time <= cut)
    const newer = this.#behind.filter((pane) => pane.time > cut)
    this.#behind = newer
    this.#left = 0
    this.#back = new Column()
    for (const pane of newer) this.#back.merge(pane, this.#spec.f, false)
    this.#mark()
  }

  get #step(): number {
    return Math.max(1, Math.ceil(Math.sqrt(this.#front.length)))
  }

  #mark(): void {
    this.#marks = new Map()
    this.#run = { from: -1, columns: [] }
    const column = new Column()
    // Nothing lies before the first one, so no run begins behind it.
    for (let i = this.#front.length - 1; i > 0; i--) {
      column.merge(this.#front[i], this.#spec.f, true)
      if (i % this.#step === 0) this.#marks.set(i, Column.copyOf(column))
    }
  }

  /** The combined value of front panes `i` to the end. */
  #suffix(i: number): Column | null {
    if (i >= this.#front.length) return null
    const from = i - (i % this.#step)
    if (this.#run.from !== from) this.#fillRun(from)
    return this.#run.columns[i - from]!
  }

  #fillRun(from: number): void {
    const to = Math.min(from + this.#step, this.#front.length)
    const columns: (Column | null)[] = new Array(to - from)
    let column = this.#marks.get(to) ?? null
    for (let i = to - 1; i >= from; i--) {
      column = Column.copyOf(column)
      column.merge(this.#front[i], this.#spec.f, true)
      columns[i - from] = column
    }
    this.#run = { from, columns }
    this.#marks.delete(from)
  }

  /** The `panes` oldest panes of the window are gone. */
  drop(panes: number): void {
    const fromFront = Math.min(panes, this.#front.length - this.#left)
    this.#left += fromFront
    const fromBack = panes - fromFront
    if (fromBack === 0) return
    // Only where panes are missing or the slide is longer than the window: the back loses its oldest and is combined
    // anew.
    this.#behind.splice(0, fromBack)
    this.#back = new Column()
    for (const pane of this.#behind) this.#back.merge(pane, this.#spec.f, false)
  }

  oldestNeeded(time: number): number {
    const { slideMs, zeroTime, lengthMs, paneMs } = this.#spec
    const nextSlide = Math.ceil((time - zeroTime) / slideMs) * slideMs + zeroTime
    return nextSlide - lengthMs + paneMs
  }

  slide(): void {}

  holds(): boolean {
    return false
  }

  forEach(visit: (id: number, value: unknown) => void): void {
    const { f } = this.#spec
    const front = this.#suffix(this.#left)
    const back = this.#back
    const limit = Math.max(front?.limit ?? 0, back.limit)
    for (let id = 0; id < limit; id++) {
      const before = front !== null && id < front.limit && front.present[id] === 1
      const behind = id < back.limit && back.present[id] === 1
      if (before)
        visit(
          id,
          behind ? f(ownCopy(front.values.get(id)), ownCopy(back.values.get(id))) : ownCopy(front.values.get(id)),
        )
      else if (behind) visit(id, ownCopy(back.values.get(id)))
    }
  }
}
