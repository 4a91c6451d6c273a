/** Records of one map task for one reducer, as columns. Routed records have no keys. */
export interface Bucket {
  readonly keys: readonly unknown[] | null
  /** `hashBits` of each key where the way here has made them; `null`: the reader does. */
  readonly hashes?: readonly number[] | null
  readonly values: readonly unknown[]
}

/** What one map task hands over: one bucket per reducer. */
export type Buckets = readonly Bucket[]

/** What one reducer reads: its bucket of every map task, in map order. */
export type ShuffleInput = readonly Bucket[]

/** Whether a reader could change something of it that another reader would see. */
export const holdsObjects = ({ keys, values }: Bucket): boolean =>
  values.some(isObject) || (keys !== null && keys.some(isObject))

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
