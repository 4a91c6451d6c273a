import { ValueColumn } from '../keys/value-column.ts'
import { ownCopy } from './own-copy.ts'
import type { KeyTable } from '../keys/key-table.ts'
import { SluiceError } from '../model/errors.ts'
import { checkSettled } from '../model/settled.ts'
import type { Pane, PaneAggregate, WindowSpec } from './window-spec.ts'

/**
 * The running result of a window with an inverse: `new = f(inverse(previous, what left), what came)` (Spark:
 * `ReducedWindowedDStream`). A slide costs what entered and left, never the window's length.
 */
export class IncrementalWindow implements PaneAggregate {
  readonly #spec: WindowSpec
  readonly #table: KeyTable
  readonly #result = new ValueColumn()
  #present = new Uint8Array(64)
  #ids: number[] = []

  constructor(spec: WindowSpec, table: KeyTable) {
    this.#spec = spec
    this.#table = table
  }

  enter(_pane: Pane): void {
    if (this.#table.idLimit > this.#present.length) {
      const larger = new Uint8Array(Math.max(this.#table.idLimit, this.#present.length * 2))
      larger.set(this.#present)
      this.#present = larger
    }
  }

  advance(_time: number): void {}

  drop(_panes: number): void {}

  holds(id: number): boolean {
    return this.#present[id] === 1
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
    const result = this.#result
    const orphans: number[] = []
    for (let i = 0; i < left.ids.length; i++) {
      const id = left.ids[i]
      if (this.#present[id]) result.set(id, inverse!(result.get(id), ownCopy(left.values[i])))
      else orphans.push(id)
    }
    for (let i = 0; i < came.ids.length; i++) {
      const id = came.ids[i]
      if (this.#present[id]) result.set(id, f(result.get(id), ownCopy(came.values[i])))
      else this.#add(id, ownCopy(came.values[i]))
    }
    for (const id of orphans) if (!this.#present[id]) throw inverseMissing(this.#table.keyAt(id))
    if (this.#spec.filter) this.#filter(this.#spec.filter)
  }

  #add(id: number, value: unknown): void {
    this.#present[id] = 1
    this.#ids.push(id)
    this.#result.set(id, value)
  }

  #filter(keep: (pair: [unknown, unknown]) => boolean): void {
    let kept = 0
    for (const id of this.#ids) {
      const isKept = keep([ownCopy(this.#table.keyAt(id)), ownCopy(this.#result.get(id))])
      if (typeof isKept === 'object') checkSettled(isKept, 'the filter of reduceByKeyAndWindow')
      if (isKept) this.#ids[kept++] = id
      else this.#present[id] = 0
    }
    this.#ids.length = kept
  }

  forEach(visit: (id: number, value: unknown) => void): void {
    for (const id of this.#ids) visit(id, ownCopy(this.#result.get(id)))
  }

  restore(entries: readonly (readonly [number, unknown])[]): void {
    this.enter({ time: 0, ids: new Int32Array(0), values: [] })
    for (const [id, value] of entries) this.#add(id, value)
  }
}

/** All panes with a time in [from, to] as one, values of a key reduced in order of time. */
function reducedPane(
  panes: readonly Pane[],
  from: number,
  to: number,
  f: WindowSpec['f'],
): Pick<Pane, 'ids' | 'values'> {
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
