/**
 * The value as it is now, in a form that nobody can change: whoever tries meets a TypeError where he does it, and not
 * other results in the next batch. Arrays, plain objects, maps, sets and dates are copied, down to their parts; typed
 * arrays, functions and instances of classes stay what they are.
 */
export function readOnly<T>(value: T): T
export function readOnly(value: unknown): unknown {
  return copyIn(new Map(), value)
}

/** Copies by what they are of: a value may hold one object in several places, or itself. */
type Copies = Map<object, object>

function copyIn(copies: Copies, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const known = copies.get(value)
  if (known) return known
  const copy = emptyLike(value)
  if (!copy) return value
  copies.set(value, copy)
  fill(copy, value, (part) => copyIn(copies, part))
  for (const name of changing(copy)) Object.defineProperty(copy, name, { value: refuse })
  return Object.freeze(copy)
}

function emptyLike(value: object): object | null {
  if (Array.isArray(value)) return []
  switch (Object.getPrototypeOf(value)) {
    case Object.prototype:
      return {}
    case null:
      return Object.create(null) as object
    case Map.prototype:
      return new Map()
    case Set.prototype:
      return new Set()
    case Date.prototype:
      return new Date((value as Date).getTime())
    default:
      return null
  }
}

function fill(copy: object, value: object, part: (value: unknown) => unknown): void {
  if (value instanceof Map) for (const [key, each] of value) (copy as Map<unknown, unknown>).set(part(key), part(each))
  if (value instanceof Set) for (const each of value) (copy as Set<unknown>).add(part(each))
  if (Array.isArray(value)) (copy as unknown[]).length = value.length
  for (const [name, each] of Object.entries(value))
    Object.defineProperty(copy, name, { value: part(each), enumerable: true })
}

/** Methods that `Object.freeze` leaves at work. */
function changing(value: object): readonly string[] {
  if (value instanceof Map) return ['set', 'delete', 'clear']
  if (value instanceof Set) return ['add', 'delete', 'clear']
  if (value instanceof Date) return Object.getOwnPropertyNames(Date.prototype).filter((name) => name.startsWith('set'))
  return []
}

const refuse = (): never => {
  throw new TypeError('A broadcast value cannot be changed: every function of every batch reads the same one.')
}
