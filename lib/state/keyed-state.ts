import { encodeBlock, openBlock } from '../model/codec/block.ts'
import { checkKey } from '../model/key/check.ts'
import { KEY_GROUPS, keyGroupOf } from '../model/key/key-group.ts'
import { KeyTable } from '../model/key/key-table.ts'
import { ValueColumn } from '../model/key/value-column.ts'

/**
 * The state of one operator for a range of key groups, in memory: keys in a table, values by dense id beside it.
 * It remembers which keys were touched since the last save, so that a batch costs what it changed and not what it holds.
 */
export class KeyedState {
  readonly table = new KeyTable()
  readonly values = new ValueColumn()
  /** Last update of each key in ms, by id; kept by operators with timeouts. */
  readonly times = new ValueColumn()
  #dirty = new Uint8Array(64)
  #touched: number[] = []
  #removed: unknown[] = []

  get keys(): number { return this.table.size }
  get changes(): number { return this.#touched.length + this.#removed.length }
  get hasChanges(): boolean { return this.changes > 0 }

  put(id: number, value: unknown, time: number): void {
    this.values.set(id, value)
    this.times.set(id, time)
    this.touch(id)
  }

  touch(id: number): void {
    if (id >= this.#dirty.length) this.#grow(id)
    if (this.#dirty[id]) return
    this.#dirty[id] = 1
    this.#touched.push(id)
  }

  remove(id: number): void {
    this.#removed.push(this.table.keyAt(id))
    this.#forget(id)
  }

  /** A key that was looked up but never got a value: it leaves no trace in the next delta. */
  discard(id: number): void {
    this.#forget(id)
  }

  #forget(id: number): void {
    this.values.reset(id)
    this.times.reset(id)
    if (id < this.#dirty.length) this.#dirty[id] = 0
    this.table.remove(id)
  }

  #grow(id: number): void {
    const larger = new Uint8Array(Math.max(this.#dirty.length * 2, id + 1))
    larger.set(this.#dirty)
    this.#dirty = larger
  }

  clear(): void {
    for (const id of this.table.ids()) this.#removed.push(this.table.keyAt(id))
    this.table.clear()
    this.#dirty.fill(0)
    this.#touched = []
  }

  /** What changed since the last `saved()`, as a block with one section per key group. */
  encodeDelta(): Uint8Array {
    const rows = newGroups()
    // A key may have been removed and added again; the removal stands first, so that reading in order ends right.
    for (const key of this.#removed) rowsOf(rows, this.#hashOfKey(key)).push(key, undefined, 0, true)
    for (const id of this.#touched) if (this.#dirty[id]) this.#addRow(rows, id)
    return encodeGroups(rows)
  }

  encodeSnapshot(): Uint8Array {
    const rows = newGroups()
    for (const id of this.table.ids()) this.#addRow(rows, id)
    return encodeGroups(rows)
  }

  #addRow(rows: Rows[], id: number): void {
    const key = this.table.keyAt(id)
    rowsOf(rows, this.table.hashAt(id)).push(key, this.values.get(id), (this.times.get(id) as number | undefined) ?? 0, false)
  }

  #hashOfKey(key: unknown): number {
    return this.#scratch.hashAt(this.#scratch.upsert(key))
  }

  readonly #scratch = new KeyTable()

  saved(): void {
    for (const id of this.#touched) this.#dirty[id] = 0
    this.#touched = []
    this.#removed = []
    this.#scratch.clear()
  }

  /** Applies a block written by `encodeDelta` or `encodeSnapshot`, restricted to the groups wanted. */
  apply(bytes: Uint8Array, what: string, wanted: (group: number) => boolean): void {
    const block = openBlock(bytes, what)
    for (const { section } of block.entries) if (wanted(section)) this.#applyGroup(block.read(section))
  }

  #applyGroup(columns: unknown[][]): void {
    const [keys, values, times, removed] = columns as [unknown[], unknown[], number[], boolean[]]
    for (let i = 0; i < keys.length; i++) {
      if (removed[i]) {
        const known = this.table.find(keys[i])
        if (known >= 0) this.table.remove(known)
      } else {
        const id = this.table.upsert(keys[i])
        this.values.set(id, values[i])
        this.times.set(id, times[i])
      }
    }
  }
}

class Rows {
  readonly keys: unknown[] = []
  readonly values: unknown[] = []
  readonly times: number[] = []
  readonly removed: boolean[] = []

  push(key: unknown, value: unknown, time: number, removed: boolean): void {
    checkKey(key, {})
    this.keys.push(key)
    this.values.push(value)
    this.times.push(time)
    this.removed.push(removed)
  }
}

const newGroups = (): Rows[] => new Array<Rows>(KEY_GROUPS)

function rowsOf(groups: Rows[], hash: number): Rows {
  const group = keyGroupOf(hash)
  return (groups[group] ??= new Rows())
}

function encodeGroups(groups: Rows[]): Uint8Array {
  const sections = []
  for (let group = 0; group < groups.length; group++) {
    const rows = groups[group]
    if (rows) sections.push({ section: group, columns: [rows.keys, rows.values, rows.times, rows.removed], count: rows.keys.length })
  }
  return encodeBlock(sections)
}
