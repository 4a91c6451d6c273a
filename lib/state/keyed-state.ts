import { type Block, encodeBlock, openBlock, type Section } from '../codec/block.ts'
import { hashKey } from '../keys/hash.ts'
import { KEY_GROUPS, keyGroupOf } from '../keys/key-group.ts'
import { KeyRows } from '../keys/key-rows.ts'
import { KeyTable } from '../keys/key-table.ts'
import { RowValues } from '../keys/row-values.ts'
import { ValueColumn } from '../keys/value-column.ts'
import { ownCopy } from './own-copy.ts'
import {
  areFew,
  byGroup,
  columnsOf,
  isRemoval,
  keyColumn,
  removalsOf,
  sectionOf,
  sectionsWith,
  wholeOf,
} from './sections.ts'

const PRESENT = 1
const DIRTY = 2
/** Only while the ids of a group are listed. */
const LISTED = 4

const NONE = new Uint8Array(KEY_GROUPS)

/**
 * The state of one operator for a range of key groups, in memory: keys in a table, values by dense id beside it. It
 * remembers which keys were touched since the last save, so that a batch costs what it changed and not what it holds. A
 * key may be in the table without state: it was looked up, and nothing has been put yet.
 */
export class KeyedState {
  /** Keys, hashes, marks and numbers: what a batch does to a key, it finds in one place. */
  readonly #rows = new KeyRows()
  readonly table = new KeyTable(0, this.#rows, ownCopy)
  readonly #values = new RowValues(this.#rows)
  /** Last update of each key in ms; only operators with timeouts give times. */
  #times: ValueColumn | null = null
  #touched: number[] = []
  #removed: unknown[] = []
  /** Ids by key group, once somebody has asked for those of one; a removed id may still be in it. */
  #members: number[][] | null = null
  /** Groups that may list ids which are not theirs: of those a key was removed, or nobody has looked yet. */
  readonly #outdated = new Uint8Array(KEY_GROUPS).fill(1)

  get keys(): number {
    return this.table.size
  }
  get changes(): number {
    return this.#touched.length + this.#removed.length
  }
  get hasChanges(): boolean {
    return this.changes > 0
  }

  /** The state of a key, `undefined` without. */
  get(id: number): unknown {
    return this.has(id) ? this.#values.get(id) : undefined
  }
  has(id: number): boolean {
    return (this.#rows.markAt(id) & PRESENT) !== 0
  }
  timeOf(id: number): number {
    return this.#times ? (this.#times.get(id) as number) : 0
  }

  /** See `KeyTable.touch`. */
  touch(hashes: readonly number[], from: number, to: number): void {
    this.table.touch(hashes, from, to)
  }

  /** All keys and their state, as copies: what becomes of them must not become of the state. */
  all(): { readonly keys: unknown[]; readonly values: unknown[] } {
    const ids = this.table.ids()
    const keys: unknown[] = new Array(ids.length)
    const values: unknown[] = new Array(ids.length)
    for (let i = 0; i < ids.length; i++) {
      keys[i] = ownCopy(this.table.keyAt(ids[i]))
      values[i] = ownCopy(this.get(ids[i]))
    }
    return { keys, values }
  }

  put(id: number, value: unknown, time?: number): void {
    this.#values.set(id, value)
    if (time !== undefined) (this.#times ??= new ValueColumn()).set(id, time)
    const mark = this.#rows.markAt(id)
    if (mark === (PRESENT | DIRTY)) return
    if (this.#members !== null && mark === 0) this.#members[keyGroupOf(this.table.hashAt(id))].push(id)
    this.#rows.setMark(id, PRESENT | DIRTY)
    this.#touched.push(id)
  }

  /** Takes the key out; the next delta says so. A key without state leaves no trace. */
  remove(id: number): void {
    if (this.has(id)) this.#removed.push(this.table.keyAt(id))
    this.#rows.setMark(id, 0)
    this.#values.reset(id)
    this.#outdated[keyGroupOf(this.table.hashAt(id))] = 1
    this.table.remove(id)
  }

  clear(): void {
    for (const id of this.table.ids()) this.remove(id)
  }

  /** Every value becomes what `f` makes of it; times stay. No delta shows it: a snapshot has to follow. */
  replaceValues(f: (value: unknown, hash: number) => unknown): void {
    for (const id of this.table.ids())
      if (this.has(id)) this.#values.set(id, f(this.#values.get(id), this.table.hashAt(id)))
  }

  /**
   * What changed since the last `saved()`: the keys put, and the keys removed; of the groups in `whole` all keys
   * instead.
   */
  encodeDelta(whole: readonly number[] = []): Uint8Array {
    const isWhole = new Uint8Array(KEY_GROUPS)
    for (const group of whole) isWhole[group] = 1
    const removed = this.#removed.filter((key) => isWhole[keyGroupOf(hashKey(key))] === 0)
    return encodeBlock(this.#deltaSections(whole, isWhole, removed))
  }

  *#deltaSections(whole: readonly number[], isWhole: Uint8Array, removed: readonly unknown[]): Iterable<Section> {
    yield* this.#sections(this.#touchedIds(), isWhole)
    yield* removalSections(removed)
    for (const group of whole) {
      const ids = Int32Array.from(this.#idsOf(group))
      if (ids.length > 0) yield this.#section(wholeOf(group), ids)
    }
  }

  /** How many keys a group has, or a few more: some may have been removed. Costs nothing after the first call. */
  keysIn(group: number): number {
    return this.#grouped()[group].length
  }

  #grouped(): number[][] {
    if (this.#members !== null) return this.#members
    const members = Array.from({ length: KEY_GROUPS }, (): number[] => [])
    for (const { group, ids } of byGroup(this.table, this.table.ids())) members[group] = Array.from(ids)
    return (this.#members = members)
  }

  /** The ids of a group's keys, each once: one that was removed and handed out again may stand in the list twice. */
  #idsOf(group: number): readonly number[] {
    if (this.#outdated[group] === 0) return this.#grouped()[group]
    const rows = this.#rows
    const ids: number[] = []
    for (const id of this.#grouped()[group]) {
      if (!this.has(id) || (rows.markAt(id) & LISTED) !== 0 || keyGroupOf(this.table.hashAt(id)) !== group) continue
      rows.setMark(id, rows.markAt(id) | LISTED)
      ids.push(id)
    }
    for (const id of ids) rows.setMark(id, rows.markAt(id) & ~LISTED)
    this.#grouped()[group] = ids
    this.#outdated[group] = 0
    return ids
  }

  /** Only where keys were removed can an id have been touched twice, or be gone. */
  #touchedIds(): ArrayLike<number> {
    if (this.#removed.length === 0) return this.#touched
    return [...new Set(this.#touched)].filter((id) => this.has(id))
  }

  encodeSnapshot(): Uint8Array {
    return encodeBlock(this.#sections(this.table.ids()))
  }

  #sections(ids: ArrayLike<number>, without: Uint8Array = NONE): Iterable<Section> {
    return areFew(ids.length) ? this.#together(ids, without) : this.#byGroup(ids, without)
  }

  *#byGroup(ids: ArrayLike<number>, without: Uint8Array): Iterable<Section> {
    for (const { group, ids: members } of byGroup(this.table, ids))
      if (without[group] === 0) yield this.#section(sectionOf(group), members)
  }

  #together(ids: ArrayLike<number>, without: Uint8Array): Section[] {
    const chosen = Int32Array.from(ids).filter((id) => without[keyGroupOf(this.table.hashAt(id))] === 0)
    return chosen.length > 0 ? [this.#section(sectionOf(null), chosen)] : []
  }

  #section(section: number, ids: Int32Array): Section {
    const columns = [keyColumn(this.table, this.#rows, ids), this.#values.pick(ids)]
    if (this.#times) columns.push(this.#times.pick(ids))
    return { section, columns, count: ids.length }
  }

  saved(): void {
    for (const id of this.#touched) this.#rows.setMark(id, this.#rows.markAt(id) & ~DIRTY)
    this.#touched = []
    this.#removed = []
  }

  /**
   * Applies a block written by `encodeDelta` or `encodeSnapshot`, restricted to the groups wanted. What it brings
   * counts as saved. A group that is whole in a later block must not be wanted of an earlier one.
   */
  apply(bytes: Uint8Array, what: string, wanted: (group: number) => boolean): void {
    this.applyBlock(openBlock(bytes, what), wanted)
  }

  /** The same, of a block that is open. */
  applyBlock(block: Block, wanted: (group: number) => boolean): void {
    // A key that was removed and came back in one batch is in both: removals first.
    const sections = sectionsWith(block, wanted)
    for (const section of sections) if (isRemoval(section)) this.#takeOut(columnsOf(block, section, 1, wanted)[0])
    for (const section of sections) if (!isRemoval(section)) this.#takeIn(columnsOf(block, section, 2, wanted))
    this.saved()
  }

  #takeOut(keys: readonly unknown[]): void {
    for (const key of keys) {
      const id = this.table.find(key)
      if (id >= 0) this.remove(id)
    }
  }

  #takeIn([keys, values, times]: readonly (readonly unknown[])[]): void {
    for (let i = 0; i < keys.length; i++)
      this.put(this.table.upsert(keys[i]), values[i], times?.[i] as number | undefined)
  }
}

function removalSections(keys: readonly unknown[]): Section[] {
  const groups = new Map<number, unknown[]>()
  for (const key of keys) {
    const section = removalsOf(areFew(keys.length) ? null : keyGroupOf(hashKey(key)))
    const members = groups.get(section)
    if (members) members.push(key)
    else groups.set(section, [key])
  }
  return Array.from(groups, ([section, members]) => ({ section, columns: [members], count: members.length }))
}
