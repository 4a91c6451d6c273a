import { SluiceError } from '../model/errors.ts'
import { closest } from '../model/nearest.ts'
import { callerPlace } from '../model/place.ts'
import { shownOr } from '../model/settled.ts'

/** What an option may be. */
interface Rule {
  readonly words: string
  holds(value: unknown): boolean
}

type Rules = Readonly<Record<string, Rule>>

export const bound: Rule = {
  words: 'a whole number from 1',
  holds: (value) => (Number.isInteger(value) && (value as number) >= 1) || value === Infinity,
}
const duration: Rule = {
  words: 'a number of ms from 0',
  holds: (value) => typeof value === 'number' && value >= 0,
}
const flag: Rule = { words: 'true or false', holds: (value) => typeof value === 'boolean' }
export const anything: Rule = { words: 'anything', holds: () => true }
const callable: Rule = { words: 'a function', holds: (value) => typeof value === 'function' }
export const oneOf = (...values: readonly string[]): Rule => ({
  words: values.map((value) => `'${value}'`).join(' or '),
  holds: (value) => values.includes(value as string),
})

export const LINE_OPTIONS: Rules = { encoding: oneOf('utf8', 'latin1'), maxLineBytes: bound }

/** Of files of a directory and of objects of a store. */
export const FILE_OPTIONS: Rules = {
  filter: callable,
  select: oneOf('times', 'seen'),
  newFilesOnly: flag,
  minRememberMs: duration,
  maxFilesPerBatch: bound,
  onMissing: oneOf('fail', 'skip'),
  onDecodeError: oneOf('fail', 'dead-letter', 'skip-file'),
  read: callable,
  order: oneOf('names'),
  relistMs: duration,
  recursive: flag,
  events: anything,
}

export const TEXT_FILE_OPTIONS: Rules = {
  ...FILE_OPTIONS,
  ...LINE_OPTIONS,
  onDecodeError: oneOf('fail', 'replace', 'dead-letter', 'skip-file'),
  splitBytes: bound,
  maxInflatedBytes: bound,
  maxInflateRatio: bound,
}

/**
 * Throws `E_ARGUMENT` for an option that is none, and for a value that no option can have: it would be taken for the
 * default, or for a bound under which nothing is ever read, without a word. `what` has them.
 */
export function checkSourceOptions(what: string, options: object, rules: Rules): void {
  for (const [name, value] of Object.entries(options)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule && (value === undefined || rule.holds(value))) continue
    const near = closest(name, Object.keys(rules))
    throw new SluiceError(
      'E_ARGUMENT',
      rule ? `${name} of ${what} is ${shownOr(value)}; it must be ${rule.words}.` : `${what} has no option ${name}.`,
      {
        where: { place: callerPlace() },
        did: 'nothing was started',
        next: rule ? [`leave ${name} out for its default`] : near === null ? [] : [`write ${near}, if that is meant`],
      },
    )
  }
}
