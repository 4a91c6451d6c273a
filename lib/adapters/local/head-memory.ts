import type { HeadStore, Versioned } from '../../host/head-store.ts'

/**
 * A register that lives as long as this object. Values pass through JSON, as they do in every other store, so nobody
 * shares them.
 */
export class MemoryHeadStore<Value> implements HeadStore<Value> {
  #rev = 0
  #text = ''

  async read(): Promise<Versioned<Value> | null> {
    return this.#rev === 0 ? null : { rev: this.#rev, value: JSON.parse(this.#text) as Value }
  }

  async cas(expected: number, value: Value, _cause: string): Promise<'written' | 'refused'> {
    if (expected !== this.#rev) return 'refused'
    this.#text = JSON.stringify(value)
    this.#rev++
    return 'written'
  }

  async close(): Promise<void> {}
}
