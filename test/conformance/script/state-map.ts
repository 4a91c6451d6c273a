import { KeyedState } from '../../../lib/state/keyed-state.ts'

type Entry = readonly [key: unknown, value: unknown, time: number]

/** The state of one operator. A copy is made as a new process makes one: from the bytes that a batch leaves. */
export class StateMapObject {
  readonly #state: KeyedState

  constructor(state = new KeyedState()) {
    this.#state = state
  }

  put(key: unknown, value: unknown, time: number): void {
    this.#state.put(this.#state.table.upsert(key), value, time)
  }

  remove(key: unknown): void {
    const id = this.#state.table.find(key)
    if (id >= 0) this.#state.remove(id)
  }

  get(key: unknown): unknown {
    const id = this.#state.table.find(key)
    return id < 0 ? null : this.#state.get(id)
  }

  getAll(): Entry[] {
    return entriesOf(this.#state)
  }
  getByTime(before: number): Entry[] {
    return this.getAll().filter(([, , time]) => time < before)
  }
  copy(): StateMapObject {
    return new StateMapObject(reopened(this.#state))
  }

  #agrees = true
  agreesWithReferenceMap(): boolean {
    return this.#agrees
  }

  /** Sets of operations with a copy between them; bit `n` of a key says whether operation `n` puts or removes it. */
  forAll({
    sets,
    opsPerSet,
    keys,
  }: {
    readonly sets: number
    readonly opsPerSet: number
    readonly keys: number
  }): void {
    let map = this.copy()
    const reference = new Map<number, readonly [number, number]>()
    const total = sets * opsPerSet
    for (let op = 0; op < total; op++) {
      const parent = op > 0 && op % opsPerSet === 0 ? map : null
      const parentBefore = parent?.getAll()
      if (parent) map = parent.copy()
      for (let key = 0; key < keys; key++) {
        const time = op * keys + key
        if ((key >> (total - op - 1)) & 1) {
          map.remove(key)
          reference.delete(key)
        } else {
          map.put(key, key * 10 + op, time)
          reference.set(key, [key * 10 + op, time])
        }
      }
      this.#agrees &&=
        agree(map, reference, keys, (op + 1) * keys) && (!parent || sameEntries(parent.getAll(), parentBefore!))
    }
  }
}

function agree(
  map: StateMapObject,
  reference: ReadonlyMap<number, readonly [number, number]>,
  keys: number,
  now: number,
): boolean {
  const entries = [...reference].map(([key, [value, time]]): Entry => [key, value, time])
  for (let key = 0; key < keys; key++) if (map.get(key) !== (reference.get(key)?.[0] ?? null)) return false
  if (!sameEntries(map.getAll(), entries)) return false
  // Every threshold would be quadratic; those around each operation's beginning are where something changes hands.
  for (let threshold = 0; threshold <= now; threshold += 61)
    if (
      !sameEntries(
        map.getByTime(threshold),
        entries.filter(([, , time]) => time < threshold),
      )
    )
      return false
  return true
}

const sameEntries = (a: readonly Entry[], b: readonly Entry[]): boolean =>
  JSON.stringify(sortedByKey(a)) === JSON.stringify(sortedByKey(b))
const sortedByKey = (entries: readonly Entry[]): Entry[] => entries.toSorted((a, b) => Number(a[0]) - Number(b[0]))

export const entriesOf = (state: KeyedState): Entry[] =>
  [...state.table.ids()].map((id) => [state.table.keyAt(id), state.get(id), state.timeOf(id)])

/** The state as the next batch finds it, wherever it runs. */
function reopened(state: KeyedState): KeyedState {
  const copy = new KeyedState()
  copy.apply(state.encodeSnapshot(), 'state', () => true)
  return copy
}
