import { hashBits } from './hash.ts'
import type { KeyRows } from './key-rows.ts'
import { sameKey } from './same-key.ts'

/** So many keys are best touched before they are looked up: what is read for them fits the nearest caches. */
export const AHEAD = 256
const likely = new Int32Array(AHEAD)

/**
 * Numbers keys densely in the order they first appear: 0, 1, 2, … so that whatever belongs to a key can live in a typed
 * array at its number, its *id*. Removed ids are handed out again. An open-addressing table with linear probing; each
 * slot holds the hash beside the id, so a probe touches a key only when all 32 bits agree. Between half and a quarter
 * of the slots are in use.
 *
 * The table keeps the keys it is given, so their owner must not change them, or give `own`, which makes a copy of a
 * new key that is an object. One that has `rows` keeps short latin1 text there as bytes, and makes a string of it when
 * somebody asks for the key: for tables that live long, have many keys, and are written more often than looked at.
 */
export class KeyTable {
  /** Number of keys. `upsert` added a key exactly when this grew. */
  size = 0
  /** All ids are below this: how long the caller's own arrays must be. Never shrinks, except by `clear`. */
  idLimit = 0

  // Pairs (hash, id + 1); an id of 0 marks a free slot.
  private slots: Int32Array = NO_SLOTS
  private mask = 0
  /** Unused where there are rows, which hold them. */
  private hashes: Int32Array = NO_HASHES
  private keys: unknown[] = emptyKeys()
  private freeIds: number[] = []
  private readonly rows: KeyRows | null
  private readonly own: OwnKey
  /** Written so that no compiler leaves the reading out. */
  touched = 0

  constructor(expectedKeys: number = 0, rows: KeyRows | null = null, own: OwnKey = asGiven) {
    this.own = own
    this.rows = rows
    if (expectedKeys === 0) return
    const capacity = capacityFor(expectedKeys)
    this.slots = new Int32Array(2 * capacity)
    this.mask = 2 * capacity - 2
    if (rows === null) this.hashes = new Int32Array(capacity / 2)
  }

  /** The id of `key`, adding it if it is new. Throws `E_KEY` for what cannot be a key. */
  upsert(key: unknown): number {
    return this.upsertHashed(key, hashBits(key))
  }

  /** `hash` must be `hashKey(key)`, signed or not. */
  upsertHashed(key: unknown, hash: number): number {
    const id = this.findHashed(key, hash)
    return id >= 0 ? id : this.add(key, hash)
  }

  /**
   * Brings into the processor's cache what looking keys with these hashes up will read, `AHEAD` of them at most.
   * Waiting for memory is most of the cost of a large table, and here the waits of many keys overlap, since nothing
   * else happens between them. Gives the ids that will be found, or nearly so; good until the next call.
   */
  touch(hashes: readonly number[], from: number, to: number): Int32Array {
    const { slots, mask, rows } = this
    let count = 0
    for (let i = from; i < to; i++) {
      const entry = slots[((hashes[i] << 1) & mask) + 1]
      if (entry !== 0) likely[count++] = entry - 1
    }
    const ids = likely.subarray(0, count)
    if (rows !== null) this.touched = rows.touch(ids)
    return ids
  }

  /** The id of `key`, or -1. */
  find(key: unknown): number {
    return this.findHashed(key, hashBits(key))
  }

  findHashed(key: unknown, hash: number): number {
    if (typeof key === 'string')
      return this.rows ? this.findText(this.rows, key, hash | 0) : this.findString(key, hash | 0)
    if (typeof key === 'number') return this.findNumber(key, hash | 0)
    return this.findOther(key, hash | 0)
  }

  /** Only for live ids. */
  keyAt(id: number): unknown {
    const key = this.keys[id]
    return key === undefined && this.rows?.hasText(id) ? (this.keys[id] = this.rows.textAt(id)) : key
  }

  /** `hashKey` of the key, unsigned. Only for live ids. */
  hashAt(id: number): number {
    return this.bitsAt(id) >>> 0
  }

  isLive(id: number): boolean {
    return id < this.idLimit && this.keys[id] !== REMOVED
  }

  /** A copy of the live ids in rising order. */
  ids(): Int32Array {
    const ids = new Int32Array(this.size)
    let count = 0
    for (let id = 0; id < this.idLimit; id++) if (this.keys[id] !== REMOVED) ids[count++] = id
    return ids
  }

  /** Forgets the key; the next new key may take its id. Only for live ids. */
  remove(id: number): void {
    this.freeSlot(this.slotOf(id))
    this.keys[id] = REMOVED
    this.rows?.remove(id)
    this.freeIds.push(id)
    this.size--
  }

  /** Forgets all keys and keeps the room. */
  clear(): void {
    this.slots.fill(0)
    this.keys = emptyKeys()
    this.rows?.clear()
    this.freeIds = []
    this.size = 0
    this.idLimit = 0
  }

  // The same loop for each kind, so that each comparison sees one type and V8 inlines it.

  private findString(key: string, hash: number): number {
    const { slots, keys, mask } = this
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const id = slots[at + 1] - 1
      if (id < 0) return -1
      if (slots[at] !== hash) continue
      const other = keys[id]
      if (typeof other === 'string' && other === key) return id
    }
  }

  private findText(rows: KeyRows, key: string, hash: number): number {
    const { slots, keys, mask } = this
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const id = slots[at + 1] - 1
      if (id < 0) return -1
      if (slots[at] !== hash) continue
      if (rows.hasText(id) ? rows.equals(id, key) : keys[id] === key) return id
    }
  }

  private findNumber(key: number, hash: number): number {
    const { slots, keys, mask } = this
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const id = slots[at + 1] - 1
      if (id < 0) return -1
      if (slots[at] !== hash) continue
      const other = keys[id]
      if (typeof other === 'number' && (other === key || (Number.isNaN(other) && Number.isNaN(key)))) return id
    }
  }

  private findOther(key: unknown, hash: number): number {
    const { slots, keys, mask } = this
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const id = slots[at + 1] - 1
      if (id < 0) return -1
      if (slots[at] === hash && sameKey(keys[id], key)) return id
    }
  }

  private add(key: unknown, hash: number): number {
    if (this.size === this.slots.length / 4 || this.slots === NO_SLOTS) this.grow()
    const id = this.freeIds.length > 0 ? (this.freeIds.pop() as number) : this.idLimit++
    if (this.rows === null) this.hashes[id] = hash
    else this.rows.add(id, hash)
    if (this.rows !== null && typeof key === 'string' && this.rows.takeText(id, key))
      this.keys[id] = this.rows.keepsStrings ? key : undefined
    else if (typeof key === 'object') this.keys[id] = this.own(key)
    else this.keys[id] = key === 0 ? 0 : key // -0 comes back as 0
    this.size++
    place(this.slots, this.mask, hash | 0, id + 1)
    return id
  }

  private bitsAt(id: number): number {
    return this.rows === null ? this.hashes[id] : this.rows.hashAt(id)
  }

  private grow(): void {
    const { slots: old, hashes } = this
    const length = Math.max(2 * CAPACITY_MIN, 2 * old.length)
    this.slots = new Int32Array(length)
    this.mask = length - 2
    // In slot order, the keys move to two places that advance through memory together.
    for (let at = 0; at < old.length; at += 2) {
      if (old[at + 1] !== 0) place(this.slots, this.mask, old[at], old[at + 1])
    }
    if (this.rows !== null) return
    this.hashes = new Int32Array(length / 4)
    this.hashes.set(hashes)
  }

  private slotOf(id: number): number {
    const { slots, mask } = this
    let at = (this.bitsAt(id) << 1) & mask
    while (slots[at + 1] !== id + 1) at = (at + 2) & mask
    return at
  }

  /** Moves later slots of the same run back over the hole, so that no marker is left for later probes to step over. */
  private freeSlot(hole: number): void {
    const { slots, mask } = this
    for (let at = (hole + 2) & mask; slots[at + 1] !== 0; at = (at + 2) & mask) {
      const home = (slots[at] << 1) & mask
      // The slot may move only if its home does not lie between the hole and itself.
      if (((at - home) & mask) < ((at - hole) & mask)) continue
      slots[hole] = slots[at]
      slots[hole + 1] = slots[at + 1]
      hole = at
    }
    slots[hole + 1] = 0
  }
}

/** What is kept of a key that its owner may change. */
type OwnKey = (key: unknown) => unknown

const asGiven: OwnKey = (key) => key

/** In the place of a removed key; no caller can hold it. */
const REMOVED = Symbol('removed')

const CAPACITY_MIN = 16

/** What a table without keys looks into, one free slot: most tables of a quiet batch never get a key. */
const NO_SLOTS = new Int32Array(2)
const NO_HASHES = new Int32Array(0)

function capacityFor(keys: number): number {
  let capacity = CAPACITY_MIN
  while (capacity < 2 * keys) capacity *= 2
  return capacity
}

function place(slots: Int32Array, mask: number, hash: number, entry: number): void {
  let at = (hash << 1) & mask
  while (slots[at + 1] !== 0) at = (at + 2) & mask
  slots[at] = hash
  slots[at + 1] = entry
}

/** An array that V8 keeps as "any values" from the start, so that all tables share one kind whatever their keys. */
function emptyKeys(): unknown[] {
  const keys: unknown[] = [undefined]
  keys.length = 0
  return keys
}
