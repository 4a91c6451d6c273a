/**
 * Strings to dense numbers by hand: open addressing, linear probing, hash and number side by side. Nothing can be
 * removed.
 */
export class StringTable {
  size = 0
  readonly keys: string[] = []
  #slots: Int32Array
  #mask: number
  #hashes = new Int32Array(1024)

  constructor(expected = 512) {
    let capacity = 1024
    while (capacity < 2 * expected) capacity *= 2
    this.#slots = new Int32Array(2 * capacity)
    this.#mask = 2 * capacity - 2
  }

  hashAt(id: number): number {
    return this.#hashes[id]
  }

  upsert(key: string): number {
    return this.upsertHashed(key, hashOf(key))
  }

  upsertHashed(key: string, hash: number): number {
    const slots = this.#slots
    const mask = this.#mask
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const id = slots[at + 1] - 1
      if (id < 0) return this.#add(key, hash, at)
      if (slots[at] === hash && this.keys[id] === key) return id
    }
  }

  #add(key: string, hash: number, at: number): number {
    const id = this.size++
    this.keys.push(key)
    if (id >= this.#hashes.length) this.#hashes = grown(this.#hashes)
    this.#hashes[id] = hash
    this.#slots[at] = hash
    this.#slots[at + 1] = id + 1
    if (4 * this.size > this.#slots.length) this.#rehash()
    return id
  }

  #rehash(): void {
    const slots = new Int32Array(2 * this.#slots.length)
    const mask = slots.length - 2
    for (let from = 0; from < this.#slots.length; from += 2) {
      if (this.#slots[from + 1] === 0) continue
      let at = (this.#slots[from] << 1) & mask
      while (slots[at + 1] !== 0) at = (at + 2) & mask
      slots[at] = this.#slots[from]!
      slots[at + 1] = this.#slots[from + 1]!
    }
    this.#slots = slots
    this.#mask = mask
  }
}

function grown(values: Int32Array): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(2 * values.length)
  larger.set(values)
  return larger
}

/** FNV-1a over code units, then the last steps of murmur3. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5 | 0
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

/** At least `length` numbers, the old ones in front. */
export function withRoom(values: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  if (length <= values.length) return values
  const larger = new Float64Array(Math.max(length, 2 * values.length))
  larger.set(values)
  return larger
}
