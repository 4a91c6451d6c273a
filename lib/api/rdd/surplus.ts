import { badArgument } from '../../lineage/bad-argument.ts'
import { counted } from '../../model/counted.ts'
import { own } from '../../model/given.ts'
import { shownOr } from '../../model/settled.ts'

/** How many arguments methods take that do not tell it by their `length`: some have defaults or are collected. */
export type Taken = Readonly<Record<string, number>>

interface Class {
  readonly prototype: object
}

const refusing = new WeakSet<Class>()

/**
 * From now on the methods of the classes throw `E_ARGUMENT` for what is behind their last parameter: it would have no
 * effect. Not done as a class is defined, which would keep those that nobody uses in the bundles of functions.
 */
export function refuseSurplus(...classes: readonly (readonly [Class, Taken])[]): void {
  for (const [type, taken] of classes) {
    if (refusing.has(type)) continue
    refusing.add(type)
    for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(type.prototype))) {
      const method: unknown = property.value
      if (typeof method !== 'function' || name === 'constructor') continue
      const value = refusingFrom(method as Method, name, own(taken, name) ?? method.length)
      Object.defineProperty(type.prototype, name, { ...property, value })
    }
  }
}

type Method = (...given: unknown[]) => unknown

const refusingFrom = (method: Method, name: string, most: number): Method =>
  function (this: unknown, ...given) {
    const surplus = given.slice(most).find((argument) => argument !== undefined)
    if (surplus === undefined) return method.apply(this, given)
    throw badArgument(
      `${name} takes ${most === 0 ? 'no arguments' : `${counted(most, 'argument')} at most`}, and was given ` +
        `${given.length}.`,
      `leave out ${shownOr(surplus)}`,
      'where partitions may be options, a name goes in there: { partitions: 2, name }',
    )
  }
