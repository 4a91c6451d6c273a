import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { SluiceError, type Where } from '../../../model/errors.ts'
import { checkSettled, kindOf } from '../../../model/settled.ts'
import { attributeOf, badValue, type DynamoAttributes } from './item-value.ts'

/** What becomes of an item. */
export type DynamoChange =
  /** `set` replaces attributes, `add` adds to numbers; other attributes stay. */
  | { readonly key: DynamoAttributes; readonly set?: DynamoAttributes; readonly add?: Readonly<Record<string, number>> }
  /** The item goes. What stays is its key with a mark, so that no late write brings it back. */
  | { readonly key: DynamoAttributes; readonly remove: true }

type Attributes = Readonly<Record<string, AttributeValue>>

/** A change as the table takes it. */
export interface ItemChange {
  readonly key: Attributes
  readonly remove: boolean
  readonly set: Attributes
  readonly add: Readonly<Record<string, number>>
}

/**
 * One change for each item, in the order of the records: an item takes one change a batch, and would take a second one
 * for a repetition of the first. `at` says which record of its partition a change is of. Throws `E_SINK_VALUE` for what
 * a table cannot hold.
 */
export function itemChanges(changes: readonly DynamoChange[], where: Where): ItemChange[] {
  const byKey = new Map<string, ItemChange>()
  for (const [at, given] of changes.entries()) {
    const change = itemChange(given, `record[${at}]`, where)
    const name = keyName(change.key)
    const before = byKey.get(name)
    byKey.set(name, before ? merge(before, change) : change)
  }
  return [...byKey.values()]
}

function itemChange(given: DynamoChange, record: string, where: Where): ItemChange {
  checkSettled(given, 'change', where)
  if (typeof given !== 'object' || given === null || typeof given.key !== 'object' || given.key === null)
    throw badValue(`${record}: the change`, `${kindOf(given)} without a key`)
  const key = attributesOf(given.key, `${record}: key`)
  checkNames(given, record)
  if ('remove' in given) return { key, remove: true, set: {}, add: {} }
  for (const [name, n] of Object.entries(given.add ?? {}))
    if (typeof n !== 'number' || !Number.isFinite(n))
      throw badValue(`${record}: add.${name}`, typeof n === 'number' ? `the number ${n}` : kindOf(n))
  return { key, remove: false, set: attributesOf(given.set ?? {}, `${record}: set`), add: given.add ?? {} }
}

/** What is misspelt would change nothing, and `remove: false` would remove. */
function checkNames(given: DynamoChange, record: string): void {
  const names = 'remove' in given ? ['key', 'remove'] : ['key', 'set', 'add']
  const other = Object.keys(given).find((name) => !names.includes(name))
  if (other !== undefined)
    throw badValue(`${record}: the change`, `one with ${other}, and may have ${names.join(', ')}`)
  if ('remove' in given && given.remove !== true)
    throw badValue(`${record}: remove`, `${String(given.remove)}, not true`)
}

const attributesOf = (attributes: DynamoAttributes, path: string): Attributes =>
  Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name, attributeOf(value, `${path}.${name}`)] as const),
  )

/** The same for keys that a table takes for one: in whatever order, and however a number is written. */
const keyName = (key: Attributes): string =>
  JSON.stringify(
    Object.entries(key)
      .map(([name, { S, N, B }]) => [name, S ?? null, N === undefined ? null : plainNumber(N), B && hex(B)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** Its digits without zeros around them, and where they stand. */
function plainNumber(text: string): string {
  const [, sign, whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?(?:e(.+))?$/.exec(text)!
  const digits = (whole + fraction).replace(/^0+/, '')
  const kept = digits.replace(/0+$/, '')
  return kept === '' ? '0' : `${sign}${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`
}

function merge(before: ItemChange, change: ItemChange): ItemChange {
  if (change.remove) return change
  if (before.remove) {
    if (Object.keys(change.add).length === 0) return change
    throw new SluiceError('E_SINK_VALUE', 'An item is removed and added to within one batch.', {
      did: 'nothing of its partition was written',
      next: ['reduce by key before the output'],
    })
  }
  const add = new Map(Object.entries(before.add))
  for (const [name, n] of Object.entries(change.add)) add.set(name, (add.get(name) ?? 0) + n)
  return { key: change.key, remove: false, set: { ...before.set, ...change.set }, add: Object.fromEntries(add) }
}
