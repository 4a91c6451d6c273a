import { ValueColumn } from '../keys/value-column.ts'
import { ownCopy } from './own-copy.ts'
import type { KeyTable } from '../keys/key-table.ts'
import { SluiceError } from '../model/errors.ts'
import { isKept, type Pane, type PaneAggregate, type WindowSpec } from './window-spec.ts'

const PRESENT = 1
/** Only while a slide filters. */
const TOUCHED = 2

/**
 * The running result of a window with an inverse: `new = f(inverse(previous, what left), what came)` (Spark:
 * `ReducedWindowedDStream`). A slide costs what entered and left, never the window's length, nor the number of its
 * keys: the filter sees the keys whose value may be another one.
 */
export class IncrementalWindow implements PaneAggregate {
  readonly #spec: WindowSpec
  readonly #table: KeyTable
  readonly #result = new ValueColumn()
  #flags = new Uint8Array(64)
  /** In the order in which they came. Holds ids that have gone, until there are many of them. */
  #ids: number[] = []
  /** Where a present id stands in `#ids`: another place where it is found is that of an earlier stay. */
  #places = new Int32Array(64)
  #gone = 0

  constructor(spec: WindowSpec, table: KeyTable) {
    this.#spec = spec
    this.#table = table
  }

  enter(_pane: Pane): void {
    const { idLimit } = this.#table
    if (idLimit <= this.#flags.length) return
    const [flags, places] = [this.#flags, this.#places]
    this.#flags = new Uint8Array(Math.max(idLimit, flags.length * 2))
    this.#flags.set(flags)
    this.#places = new Int32Array(this.#flags.length)
    this.#places.set(places)
  }

  advance(_time: number): void {}

  drop(_panes: number): void {}

  holds(id: number): boolean {
    return (this.#flags[id] & PRESENT) !== 0
  }

  /** At the next slide, panes of the previous window are still asked for. */
  oldestNeeded(time: number): number {
    const { slideMs, zeroTime, lengthMs, paneMs } = this.#spec
    const nextSlide = Math.ceil((time - zeroTime) / slideMs) * slideMs + zeroTime
    return nextSlide - slideMs - lengthMs + paneMs
  }

  slide(time: number, panes: readonly Pane[]): void {
    const { lengthMs, slideMs, paneMs, f, inverse } = this.#spec
    const left = reducedPane(panes, time - slideMs - lengthMs + paneMs, time - lengthMs, f)
    const came = reducedPane(panes, time - slideMs + paneMs, time, f)
    this.#takeOut(left, inverse!)
    this.#takeIn(came, f)
    for (const id of left.ids) if (!this.holds(id)) throw inverseMissing(this.#table.keyAt(id))
    if (this.#spec.filter) this.#filter([left.ids, came.ids], this.#spec.filter)
  }

  #takeOut({ ids, values }: ReducedPane, inverse: WindowSpec['f']): void {
    const result = this.#result
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]
      if (this.holds(id)) result.set(id, inverse(result.get(id), ownCopy(values[i])))
    }
  }

  #takeIn({ ids, values }: ReducedPane, f: WindowSpec['f']): void {
    const result = this.#result
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]
      if (this.holds(id)) result.set(id, f(result.get(id), ownCopy(values[i])))
      else this.#add(id, ownCopy(values[i]))
    }
  }

  #add(id: number, value: unknown): void {
    this.#flags[id] = PRESENT
    this.#places[id] = this.#ids.length
    this.#ids.push(id)
    this.#result.set(id, value)
  }

  /** Each key once, also one that has left and come. */
  #filter(touched: readonly Int32Array[], keep: (pair: [unknown, unknown]) => boolean): void {
    for (const ids of touched)
      for (const id of ids) {
        if (this.#flags[id] !== PRESENT) continue
        const pair: [unknown, unknown] = [ownCopy(this.#table.keyAt(id)), ownCopy(this.#result.get(id))]
        if (isKept(keep, pair)) this.#flags[id] |= TOUCHED
        else this.#drop(id)
      }
    for (const ids of touched) for (const id of ids) this.#flags[id] &= ~TOUCHED
  }

  #drop(id: number): void {
    this.#flags[id] = 0
    this.#result.reset(id)
    if (2 * ++this.#gone <= this.#ids.length) return
    this.#ids = this.#ids.filter((each, place) => this.#isPlaceOf(place, each))
    for (let place = 0; place < this.#ids.length; place++) this.#places[this.#ids[place]] = place
    this.#gone = 0
  }

  #isPlaceOf(place: number, id: number): boolean {
    return this.holds(id) && this.#places[id] === place
  }

  forEach(visit: (id: number, value: unknown) => void): void {
    const ids = this.#ids
    for (let place = 0; place < ids.length; place++)
      if (this.#isPlaceOf(place, ids[place])) visit(ids[place], ownCopy(this.#result.get(ids[place])))
  }

  restore(entries: readonly (readonly [number, unknown])[]): void {
    this.enter({ time: 0, ids: new Int32Array(0), values: [] })
    for (const [id, value] of entries) this.#add(id, value)
  }
}

type ReducedPane = Pick<Pane, 'ids' | 'values'>

/** All panes with a time in [from, to] as one, values of a key reduced in order of time. */
function reducedPane(panes: readonly Pane[], from: number, to: number, f: WindowSpec['f']): ReducedPane {
  const inside = panes.filter((pane) => pane.time >= from && pane.time <= to)
  if (inside.length === 1) return inside[0]
  const values = new Map<number, unknown>()
  for (const pane of inside) {
    for (let i = 0; i < pane.ids.length; i++) {
      const id = pane.ids[i]
      values.set(id, values.has(id) ? f(values.get(id), ownCopy(pane.values[i])) : ownCopy(pane.values[i]))
    }
  }
  return { ids: Int32Array.from(values.keys()), values: [...values.values()] }
}

const inverseMissing = (key: unknown): SluiceError =>
  new SluiceError(
    'E_WINDOW_INVERSE',
    'Neither previous window has value for key, nor new values found. Are you sure your key class hashes consistently?',
    {
      where: { detail: `type of key: ${key === null ? 'null' : typeof key}` },
      did: 'this batch was not committed',
      spark: 'Exception',
      next: [
        'check that the inverse undoes the reduction: inverse(f(x, y), x) = y',
        'make the filter accept every key that still has records inside the window',
      ],
    },
  )
