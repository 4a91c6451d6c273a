import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { unreadable } from '../../../codec/form.ts'
import { SluiceError } from '../../../model/errors.ts'

/** What an attribute may hold: text, numbers, bytes, sets of these, lists and maps. */
export type DynamoValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | ReadonlySet<string>
  | ReadonlySet<number>
  | readonly DynamoValue[]
  | { readonly [name: string]: DynamoValue }

/** Attributes by name. */
export type DynamoAttributes = Readonly<Record<string, DynamoValue>>

/** Throws `E_SINK_VALUE` for what a table cannot hold as it is. */
export function attributeOf(value: unknown, path: string): AttributeValue {
  switch (typeof value) {
    case 'string':
      if (value.isWellFormed()) return { S: value }
      throw badValue(path, 'text with half a surrogate pair')
    case 'number':
    case 'bigint':
      return { N: digits(value, path) }
    case 'boolean':
      return { BOOL: value }
    case 'object':
      return value === null ? { NULL: true } : readable(value, path)
    default:
      throw badValue(path, `of type ${typeof value}`)
  }
}

/** A getter or a proxy may throw whatever it likes. */
function readable(value: object, path: string): AttributeValue {
  try {
    return compound(value, path)
  } catch (error) {
    if (error instanceof SluiceError) throw error
    throw badValue(path, `what ${unreadable(error)}`)
  }
}

function compound(value: object, path: string): AttributeValue {
  if (value instanceof Uint8Array) return { B: value }
  if (value instanceof Set) return setOf([...(value as Set<unknown>)], path)
  // A hole is `undefined` here, where `map` would leave it out.
  if (Array.isArray(value)) return { L: Array.from(value, (each: unknown, i) => attributeOf(each, `${path}[${i}]`)) }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) throw badValue(path, 'an object of a class')
  const entries = Object.entries(value).map(([name, each]) => [name, attributeOf(each, `${path}.${name}`)] as const)
  return { M: Object.fromEntries(entries) }
}

function setOf(members: readonly unknown[], path: string): AttributeValue {
  if (members.length === 0) throw badValue(path, 'an empty set, which a table cannot hold')
  if (members.every((each) => typeof each === 'string')) return { SS: [...members] }
  if (members.every((each) => typeof each === 'number')) return { NS: members.map((each) => digits(each, path)) }
  throw badValue(path, 'a set of neither strings nor numbers')
}

/** 38 digits, between 1e-130 and 1e126. */
function digits(value: number | bigint, path: string): string {
  if (typeof value === 'bigint') {
    const text = String(value)
    if (text.replace('-', '').replace(/0+$/, '').length <= 38) return text
    throw badValue(path, 'a number of more than 38 digits')
  }
  const size = Math.abs(value)
  if (Number.isFinite(value) && (size === 0 || (size >= 1e-130 && size < 1e126))) return String(value)
  throw badValue(path, `the number ${value}`)
}

export const badValue = (path: string, what: string): SluiceError =>
  new SluiceError('E_SINK_VALUE', `${path} is ${what}.`, {
    did: 'nothing of its partition was written',
    next: ['make it a string, a number that a table holds, bytes, a list or a plain object', 'leave it out'],
  })
