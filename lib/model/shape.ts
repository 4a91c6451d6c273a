/**
 * What plain data from outside must look like: from a store, another process, a forged call. A shape answers with null,
 * or with the place and the fault of the first thing that is wrong, such as `.state["sums"].chains[0].from is not a
 * whole number`. It names places, never values.
 */
export type Shape = (value: unknown) => string | null

const is =
  (test: (value: unknown) => boolean, fault: string): Shape =>
  (value) =>
    test(value) ? null : ` ${fault}`

export const anything: Shape = is((value) => value !== undefined, 'is missing')
export const text: Shape = is((value) => typeof value === 'string', 'is not a text')
export const truth: Shape = is((value) => typeof value === 'boolean', 'is not true or false')
/** A whole number that is not negative. */
export const count: Shape = is(
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  'is not a whole number of at least 0',
)
export const finite: Shape = is(Number.isFinite, 'is not a number')
export const whole: Shape = is(Number.isSafeInteger, 'is not a whole number')

export const upTo = (most: number): Shape =>
  is((value) => count(value) === null && (value as number) <= most, `is not a whole number from 0 to ${most}`)
export const oneOf = (...choices: readonly unknown[]): Shape =>
  is((value) => choices.includes(value), `is not ${choices.map((choice) => JSON.stringify(choice)).join(' or ')}`)
export const nullOr =
  (shape: Shape): Shape =>
  (value) =>
    value === null ? null : shape(value)
/** The field may be left out. */
export const maybe =
  (shape: Shape): Shape =>
  (value) =>
    value === undefined ? null : shape(value)
/** `next` is asked about what is already known to fit `first`. */
export const both =
  (first: Shape, next: Shape): Shape =>
  (value) =>
    first(value) ?? next(value)

export const list =
  (item: Shape): Shape =>
  (value) => {
    if (!Array.isArray(value)) return ' is not a list'
    for (let i = 0; i < value.length; i++) {
      const wrong = item(value[i])
      if (wrong !== null) return `[${i}]${wrong}`
    }
    return null
  }

/** These fields, each of its own shape. Others may be there: a later build may have written them. */
export function fields(shapes: Readonly<Record<string, Shape>>): Shape {
  const entries = Object.entries(shapes)
  return (value) => {
    if (!isObject(value)) return ' is not an object'
    for (const [name, shape] of entries) {
      const wrong = shape(Object.hasOwn(value, name) ? value[name] : undefined)
      if (wrong !== null) return `.${name}${wrong}`
    }
    return null
  }
}

/**
 * Any names, with values of one shape. Whoever looks a name up must find what was put there, so a name that every
 * object has is none.
 */
export const named =
  (item: Shape): Shape =>
  (value) => {
    if (!isObject(value)) return ' is not an object'
    for (const name of Object.keys(value)) {
      const wrong = name in Object.prototype ? ' is a name that every object has' : item(value[name])
      if (wrong !== null) return `[${JSON.stringify(name.slice(0, NAME_MAX))}]${wrong}`
    }
    return null
  }

const NAME_MAX = 80

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
