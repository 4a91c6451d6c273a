import { both, fields, is, type Shape } from '../model/shape.ts'

/** By the name that the program chose, whichever; what is in one is copied into an object of the program. */
export const snapshots: Shape = both(
  fields({}),
  is<object>((value) => !Object.values(value).some(holdsPrototype), 'has a prototype in it'),
)

function holdsPrototype(each: unknown): boolean {
  return typeof each === 'object' && each !== null && Object.hasOwn(each, '__proto__')
}
