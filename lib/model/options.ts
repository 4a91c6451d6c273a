import { SluiceError } from './errors.ts'
import { closest } from './nearest.ts'
import { callerPlace } from './place.ts'
import { shownOr } from './settled.ts'
import { LONGEST_MS } from './time.ts'

/** What an option may be. */
export interface Rule {
  readonly words: string
  holds(value: unknown): boolean
}

export type Rules = Readonly<Record<string, Rule>>

/** A rule for each option of a type, and for nothing else. */
export type RulesOf<Options> = { readonly [Name in keyof Required<Options>]: Rule }

/** For what is looked at where it is used. */
export const anything: Rule = { words: 'anything', holds: () => true }
export const whole: Rule = {
  words: 'a whole number from 1',
  holds: (value) => Number.isSafeInteger(value) && (value as number) >= 1,
}
/** `Infinity`: there is none. */
export const bound: Rule = { ...whole, holds: (value) => whole.holds(value) || value === Infinity }
export const duration: Rule = {
  words: 'a number of ms from 0',
  holds: (value) => typeof value === 'number' && value >= 0,
}
/** What a timer can wait. */
export const timeout: Rule = {
  words: `a number of ms from 1 to ${LONGEST_MS}`,
  holds: (value) => typeof value === 'number' && value >= 1 && value <= LONGEST_MS,
}
/** For what goes with other options only. */
export const leftOut: Rule = { words: 'left out', holds: () => false }
const ofType = (type: string, words: string): Rule => ({ words, holds: (value) => typeof value === type })
/** For what is looked at more closely later, and may be empty until then. */
export const string = ofType('string', 'a text')
export const flag = ofType('boolean', 'true or false')
export const callable = ofType('function', 'a function')
export const text: Rule = { words: 'a text', holds: (value) => typeof value === 'string' && value !== '' }
export const list: Rule = { words: 'a list', holds: Array.isArray }
export const oneOf = (...values: readonly string[]): Rule => ({
  words: values.map((value) => `'${value}'`).join(' or '),
  holds: (value) => values.includes(value as string),
})

/** What a program must give, and what that looks like. */
export interface Needed {
  readonly must: readonly string[]
  readonly example: string
}

export const areOptions = (options: unknown): options is object =>
  typeof options === 'object' && options !== null && !Array.isArray(options)

/** Throws `E_ARGUMENT` for what are no options: they would have no effect, and nobody would hear of it. */
export function needsOptions(what: string, options: unknown, next: string = "{ name: 'orders' }"): void {
  if (!areOptions(options)) throw badOption(`The options of ${what} are ${shownOr(options)}.`, next)
}

/**
 * Throws `E_ARGUMENT` as well for an option that is none, for a value that no option can have, and where one is missing
 * that there has to be. `what` has them.
 */
export function checkOptions(what: string, options: unknown, rules: Rules, needed?: Needed): void {
  const { must = [], example = namesOf(rules) } = needed ?? {}
  needsOptions(what, options, example)
  const given = options as Readonly<Record<string, unknown>>
  for (const name of new Set([...must, ...Object.keys(given)])) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    const value = given[name]
    if (!rule) throw badOption(`${name} is no option of ${what}.`, nearest(name, rules))
    const isMust = must.includes(name)
    if (rule.holds(value) || (value === undefined && !isMust)) continue
    throw badOption(
      `${name} of ${what} is ${shownOr(value)}; it must be ${rule.words}.`,
      isMust ? example : `leave ${name} out for its default`,
    )
  }
}

const namesOf = (rules: Rules): string => `what there is: ${Object.keys(rules).join(', ')}`

function nearest(name: string, rules: Rules): string {
  const near = closest(name, Object.keys(rules))
  return near === null ? namesOf(rules) : `write ${near}, if that is meant`
}

const badOption = (message: string, next: string): SluiceError =>
  new SluiceError('E_ARGUMENT', message, { where: { place: callerPlace() }, did: 'nothing was started', next: [next] })
