import { MemoryBlobStore } from '../../../lib/adapters/local/blob-memory.ts'
import { KeyedState } from '../../../lib/state/keyed-state.ts'
import { StateMapObject } from './state-map.ts'

const KEY = 'state'

/** State that a batch has left: an object that is written once. Whoever wants another state writes another object. */
export class PublishedStateObject {
  readonly #blobs = new MemoryBlobStore()

  /** The state of an operator that has none. */
  static async empty(): Promise<PublishedStateObject> {
    const published = new PublishedStateObject()
    await published.#blobs.putNew(KEY, new KeyedState().encodeSnapshot())
    return published
  }

  async put(key: unknown, value: unknown, time: number): Promise<void> {
    const state = await this.#read()
    state.put(state.table.upsert(key), value, time)
    await this.#blobs.putNew(KEY, state.encodeSnapshot())
  }

  async remove(key: unknown): Promise<void> {
    const state = await this.#read()
    const id = state.table.find(key)
    if (id >= 0) throw new Error('a published state has lost a key')
  }

  async get(key: unknown): Promise<unknown> {
    return new StateMapObject(await this.#read()).get(key)
  }
  async getAll(): Promise<unknown> {
    return new StateMapObject(await this.#read()).getAll()
  }
  async getByTime(before: number): Promise<unknown> {
    return new StateMapObject(await this.#read()).getByTime(before)
  }

  async #read(): Promise<KeyedState> {
    const state = new KeyedState()
    state.apply(await this.#blobs.get(KEY), KEY, () => true)
    return state
  }
}
