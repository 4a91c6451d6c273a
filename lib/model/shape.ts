import { own } from './given.ts'

/** What is wrong with plain data: where, such as `.state["sums"].chains[0].from`, and what. It never says a value. */
export interface Misfit {
  readonly at: string
  readonly says: string
  /** It names what belongs to somebody else. */
  readonly foreign?: true
}

/** As a clause: `.from is not a whole number`. */
export const clauseOf = ({ at, says }: Misfit): string => `${at} ${says}`
/** The same within a sentence: `from is not a whole number`. */
export const inWords = (wrong: Misfit): string => clauseOf(wrong).replace(/^[. ]/, '')

/**
 * What plain data from outside must look like: from a store, another process, a forged call. A shape answers with null,
 * or with the first thing that is wrong.
 */
export type Shape = (value: unknown) => Misfit | null

export const misfit = (says: string): Misfit => ({ at: '', says })

const below = (name: string, wrong: Misfit): Misfit => ({ ...wrong, at: name + wrong.at })

/** `T` is what is known of the value when it is asked: behind `both`, what fits the first shape. */
export const is =
  <T = unknown>(test: (value: T) => boolean, says: string): Shape =>
  (value) => {
    if (test(value as T)) return null
    return misfit(says)
  }

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
    if (!Array.isArray(value)) return misfit('is not a list')
    for (let i = 0; i < value.length; i++) {
      const wrong = item(value[i])
      if (wrong !== null) return below(`[${i}]`, wrong)
    }
    return null
  }

/** These fields, each of its own shape. Others may be there: a later build may have written them. */
export function fields(shapes: Readonly<Record<string, Shape>>): Shape {
  const entries = Object.entries(shapes)
  return (value) => {
    if (!isObject(value)) return misfit('is not an object')
    for (const [name, shape] of entries) {
      const wrong = shape(own(value, name))
      if (wrong !== null) return below(`.${name}`, wrong)
    }
    return null
  }
}

/** One of several, which say by `kind` which one they are. */
export function byKind(variants: Readonly<Record<string, Readonly<Record<string, Shape>>>>): Shape {
  const shapes = new Map(Object.entries(variants).map(([kind, shape]) => [kind, fields(shape)]))
  return both(
    fields({ kind: (value) => (shapes.has(value as string) ? null : misfit('is of no kind that is known')) }),
    (value) => shapes.get((value as { readonly kind: string }).kind)!(value),
  )
}

/**
 * Any names, with values of one shape. Whoever looks a name up must find what was put there, so a name that every
 * object has is none.
 */
export const named =
  (item: Shape): Shape =>
  (value) => {
    if (!isObject(value)) return misfit('is not an object')
    for (const name of Object.keys(value)) {
      const wrong = name in Object.prototype ? misfit('is a name that every object has') : item(value[name])
      if (wrong !== null) return below(`[${JSON.stringify(name.slice(0, NAME_MAX))}]`, wrong)
    }
    return null
  }

const NAME_MAX = 80

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What `json` makes of what is not JSON. */
export const isJson: Shape = is((value) => value !== undefined, 'is not JSON')

/** `undefined` for what is not JSON: the words of the parser would quote the text. */
export function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    return undefined
  }
}
