import { crc32 } from 'node:zlib'
import { StringTable } from './string-table.ts'

const NONE: readonly number[] = []

/** A running sum per key in an own table. */
export class HandState {
  count = 0
  sum = 0
  readonly table: StringTable
  readonly values: Float64Array
  readonly #came: Int32Array
  readonly #saver: Saver | null

  /** `durable`: what changed is written down after each batch, as a restart would need it. */
  constructor(keys: number, durable: boolean) {
    this.#saver = durable ? new Saver(keys) : null
    this.table = new StringTable(keys)
    this.values = new Float64Array(keys)
    this.#came = new Int32Array(keys)
  }

  /** Once per record, as `mapWithState`: what it returns goes to the sink. */
  mapBatch(chunks: readonly (readonly (readonly [string, number])[])[]): void {
    for (const pairs of chunks) {
      for (const [key, value] of pairs) {
        const id = this.table.upsert(key)
        const next = this.values[id] + value
        this.values[id] = next
        this.#saver?.touch(id)
        const out: [string, number] = [key, next]
        this.count++
        this.sum += out[1]
      }
    }
    this.#saver?.save(this.table, this.values)
  }

  /** Values of a batch by key, then every key once, as `updateStateByKey`. */
  updateBatch(
    chunks: readonly (readonly (readonly [string, number])[])[],
    update: (values: readonly number[], state: number | undefined) => number,
  ): void {
    const gathered: number[][] = []
    const came = this.#came.fill(0)
    for (const pairs of chunks) {
      for (const [key, value] of pairs) {
        const id = this.table.upsert(key)
        if (came[id] === 0) came[id] = gathered.push([value])
        else gathered[came[id] - 1].push(value)
      }
    }
    for (let id = 0; id < this.table.size; id++) {
      const next = update(came[id] === 0 ? NONE : gathered[came[id] - 1], this.values[id])
      if (next !== this.values[id]) this.#saver?.touch(id)
      this.values[id] = next
      this.count++
      this.sum += next
    }
    this.#saver?.save(this.table, this.values)
  }

  *rows(): Iterable<[string, number]> {
    for (let id = 0; id < this.table.size; id++) yield [this.table.keys[id], this.values[id]]
  }
}

const ROW_BYTES = 24

/** Rows of key and value with a checksum: what changed, or all when the changes have grown to half of all. */
class Saver {
  readonly #dirty: Uint8Array
  #touched: number[] = []
  #sinceSnapshot = Infinity
  saved: Buffer = Buffer.alloc(0)
  crc = 0

  constructor(keys: number) {
    this.#dirty = new Uint8Array(keys)
  }

  touch(id: number): void {
    if (this.#dirty[id] === 1) return
    this.#dirty[id] = 1
    this.#touched.push(id)
  }

  save(table: StringTable, values: Float64Array): void {
    const all = this.#sinceSnapshot * 2 > table.size
    const ids = all ? Array.from({ length: table.size }, (_, id) => id) : this.#touched
    const bytes = Buffer.allocUnsafe(ids.length * ROW_BYTES)
    for (let i = 0; i < ids.length; i++) writeRow(bytes, i * ROW_BYTES, table.keys[ids[i]], values[ids[i]])
    this.crc = crc32(bytes)
    this.saved = bytes
    this.#sinceSnapshot = all ? 0 : this.#sinceSnapshot + ids.length
    for (const id of this.#touched) this.#dirty[id] = 0
    this.#touched = []
  }
}

function writeRow(bytes: Buffer, at: number, key: string, value: number): void {
  bytes[at] = key.length
  for (let i = 0; i < key.length; i++) bytes[at + 1 + i] = key.charCodeAt(i)
  bytes.writeDoubleLE(value, at + 16)
}
