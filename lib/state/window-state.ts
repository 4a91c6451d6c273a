import { encodeBlock, openBlock, type Section } from '../codec/block.ts'
import { hashBits } from '../keys/hash.ts'
import { KeyRows } from '../keys/key-rows.ts'
import { AHEAD, KeyTable } from '../keys/key-table.ts'
import { TwoStackWindow } from './two-stack-window.ts'
import { IncrementalWindow } from './incremental-window.ts'
import { ownCopy } from './own-copy.ts'
import { areFew, byGroup, columnsOf, keyColumn, sectionOf, sectionsWith } from './sections.ts'
import { isKept, type Pane, type WindowSpec } from './window-spec.ts'

/** A reduced batch as columns; `hashes` where they are known. */
interface PairColumns {
  readonly keys: readonly unknown[]
  readonly values: readonly unknown[]
  readonly hashes: readonly number[] | null
}

/**
 * A window over one range of key groups: a dictionary of the keys inside, panes of dense ids, and an aggregate over
 * them. Everything in it follows from the panes (and the last snapshot of the running result), so that a restart
 * computes the same bits.
 */
export class WindowState {
  readonly #rows = new KeyRows()
  readonly table = new KeyTable(0, this.#rows, ownCopy)
  readonly panes: Pane[] = []
  readonly #spec: WindowSpec
  readonly #aggregate: TwoStackWindow | IncrementalWindow
  /** The last slide: the running result is as of this time. */
  slidAt: number
  /** The last batch taken in. */
  absorbedAt = 0
  /** Of the keys of the pane that came last, until it is written: in the table each lies in a row of its own. */
  #hashes: readonly number[] | null = null
  /** In how many panes each id occurs. */
  #uses = new Int32Array(64)

  constructor(spec: WindowSpec) {
    this.#spec = spec
    this.slidAt = spec.zeroTime
    this.#aggregate = spec.inverse ? new IncrementalWindow(spec, this.table) : new TwoStackWindow(spec)
  }

  get keys(): number {
    return this.table.size
  }

  /** Takes one reduced batch in; `null`: the stream had no batch at this time. */
  absorb(time: number, pairs: PairColumns | null): Pane | null {
    this.absorbedAt = time
    this.#catchUp(time - this.#spec.paneMs)
    this.#expire(time)
    this.#aggregate.advance(time)
    if (!pairs) return null
    const { keys, values, hashes } = pairs
    this.#hashes = hashes
    const ids = new Int32Array(values.length)
    for (let from = 0; from < ids.length; from += AHEAD) {
      const to = Math.min(from + AHEAD, ids.length)
      if (hashes) this.table.touch(hashes, from, to)
      for (let i = from; i < to; i++) ids[i] = this.table.upsertHashed(keys[i], hashes ? hashes[i] : hashBits(keys[i]))
    }
    return this.#enter({ time, ids, values })
  }

  #enter(pane: Pane): Pane {
    if (this.table.idLimit > this.#uses.length) this.#growUses()
    for (let i = 0; i < pane.ids.length; i++) this.#uses[pane.ids[i]]++
    this.panes.push(pane)
    this.#aggregate.enter(pane)
    return pane
  }

  #growUses(): void {
    const larger = new Int32Array(Math.max(this.table.idLimit, this.#uses.length * 2))
    larger.set(this.#uses)
    this.#uses = larger
  }

  /**
   * Slides that were due at batches which never ran: the running result must not miss one, or what left then would stay
   * in it.
   */
  #catchUp(until: number): void {
    if (!this.#spec.inverse) return
    // Nothing came and nothing left: a window that is new in an old app need not live through all that time.
    if (this.table.size === 0)
      this.slidAt = Math.max(this.slidAt, until - ((until - this.#spec.zeroTime) % this.#spec.slideMs))
    for (let due = this.slidAt + this.#spec.slideMs; due <= until; due += this.#spec.slideMs) this.#slide(due)
  }

  #slide(time: number): void {
    this.#aggregate.slide(time, this.panes)
    this.slidAt = time
  }

  /** The window that ends at `time`. */
  slide(time: number): PairColumns {
    this.#slide(time)
    const { filter, inverse } = this.#spec
    const keep = inverse ? null : filter
    const keys: unknown[] = []
    const values: unknown[] = []
    const { table } = this
    this.#aggregate.forEach((id, value) => {
      const key = ownCopy(table.keyAt(id))
      if (keep && !isKept(keep, [key, value])) return
      keys.push(key)
      values.push(value)
    })
    return { keys, values, hashes: null }
  }

  /** Forgets panes that no coming slide can ask for. */
  #expire(time: number): void {
    const { panes } = this
    const oldest = this.#aggregate.oldestNeeded(time)
    let gone = 0
    while (gone < panes.length && panes[gone].time < oldest) gone++
    if (gone === 0) return
    const dropped = panes.splice(0, gone)
    this.#aggregate.drop(gone)
    for (const pane of dropped)
      for (const id of pane.ids) if (--this.#uses[id] === 0 && !this.#aggregate.holds(id)) this.table.remove(id)
  }

  encodePane(pane: Pane): Uint8Array {
    const hashes = pane === this.panes.at(-1) ? this.#hashes : null
    this.#hashes = null
    return encodePairs(this.table, this.#rows, { ...pane, hashes })
  }

  /** The running result of the inverse form. */
  encodeResult(): Uint8Array {
    const ids: number[] = []
    const values: unknown[] = []
    this.#aggregate.forEach((id, value) => {
      ids.push(id)
      values.push(value)
    })
    return encodePairs(this.table, this.#rows, { ids: Int32Array.from(ids), values, hashes: null })
  }

  /** Rebuilds the window from what the manifest names, slide by slide, so that every bit comes out as before. */
  restore(saved: SavedWindow): void {
    this.slidAt = saved.resultTime ?? this.#spec.zeroTime
    if (saved.result && this.#aggregate instanceof IncrementalWindow)
      this.#aggregate.restore(saved.result.map(([key, value]) => [this.table.upsert(key), value]))
    for (const pane of saved.panes) {
      this.#catchUp(pane.time - 1)
      this.#enter(this.#paneOf(pane))
    }
  }

  #paneOf(saved: SavedPane): Pane {
    return {
      time: saved.time,
      ids: Int32Array.from(saved.pairs, ([key]) => this.table.upsert(key)),
      values: saved.pairs.map(([, value]) => value),
    }
  }
}

interface SavedPane {
  readonly time: number
  readonly pairs: readonly (readonly [unknown, unknown])[]
}

interface SavedWindow {
  readonly panes: readonly SavedPane[]
  readonly result: readonly (readonly [unknown, unknown])[] | null
  readonly resultTime: number | null
}

/** Pairs by id of their key; `hashes` of the keys, where they are known. */
interface PairsOfIds extends Pick<Pane, 'ids' | 'values'> {
  readonly hashes: readonly number[] | null
}

/** Pairs in a block, in one section or, where they are many, in one for each key group. */
function encodePairs(table: KeyTable, rows: KeyRows, pairs: PairsOfIds): Uint8Array {
  const sections = areFew(pairs.ids.length) ? fewPairs : manyPairs
  return encodeBlock(sections(table, rows, pairs))
}

function* manyPairs(table: KeyTable, rows: KeyRows, { ids: all, values, hashes }: PairsOfIds): Iterable<Section> {
  for (const { group, ids, positions } of byGroup(table, all, hashes))
    yield {
      section: sectionOf(group),
      columns: [keyColumn(table, rows, ids), valuesAt(values, positions)],
      count: ids.length,
    }
}

const fewPairs = (table: KeyTable, rows: KeyRows, { ids, values }: PairsOfIds): Section[] =>
  ids.length === 0
    ? []
    : [{ section: sectionOf(null), columns: [keyColumn(table, rows, ids), Array.from(values)], count: ids.length }]

function valuesAt(values: ArrayLike<unknown>, positions: Int32Array): unknown[] {
  const chosen: unknown[] = new Array(positions.length)
  for (let i = 0; i < positions.length; i++) chosen[i] = values[positions[i]]
  return chosen
}

/** The pairs of a block for the groups wanted. */
export function decodePairs(bytes: Uint8Array, what: string, wanted: (group: number) => boolean): [unknown, unknown][] {
  const block = openBlock(bytes, what)
  const pairs: [unknown, unknown][] = []
  for (const section of sectionsWith(block, wanted)) {
    const [keys, values] = columnsOf(block, section, 2, wanted)
    for (let i = 0; i < keys.length; i++) pairs.push([keys[i], values[i]])
  }
  return pairs
}
