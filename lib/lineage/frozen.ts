import type { NarrowOp } from './narrow.ts'

/*
 * A record belongs to whoever gets it, and several may: another output, a window that keeps it, the next attempt. A
 * function that changes a record which it was given, or one that it has handed on, changes what others see, in ways
 * that depend on where tasks run. In tests every record is frozen when it is handed on, so that the change throws where
 * it is made.
 */

/** Freezes arrays and plain objects, and those inside. */
export function frozen<T>(record: T): T {
  if (!isPlain(record) || Object.isFrozen(record)) return record
  Object.freeze(record)
  Object.values(record).forEach(frozen)
  return record
}

/** The same content for somebody who may change it, as reductions may change their first argument. */
export function thawed(record: unknown): unknown {
  if (!isPlain(record)) return record
  if (Array.isArray(record)) return record.map(thawed)
  return Object.create(
    Object.getPrototypeOf(record) as object | null,
    Object.fromEntries(
      Object.entries(record).map(([name, value]) => [
        name,
        { value: thawed(value), writable: true, enumerable: true, configurable: true },
      ]),
    ),
  ) as unknown
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** The operator, with what it emits frozen. */
export function freezing(op: NarrowOp): NarrowOp {
  const { kind, f } = op as { kind: NarrowOp['kind']; f: (value: any) => any }
  if (kind === 'filter') return op
  if (kind === 'map' || kind === 'mapValues') return { kind, f: (value) => frozen(f(value) as unknown) }
  return { kind, f: (value) => frozenItems(f(value)) }
}

/** What cannot be walked stays what it is, for whoever says so. */
const frozenItems = (items: unknown): Iterable<unknown> =>
  typeof items === 'object' && items !== null && Symbol.iterator in items
    ? frozenEach(items as Iterable<unknown>)
    : (items as Iterable<unknown>)

function* frozenEach(items: Iterable<unknown>): Generator<unknown> {
  for (const item of items) yield frozen(item)
}
