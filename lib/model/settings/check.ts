import { SluiceError } from '../errors.ts'
import { callerPlace } from '../place.ts'
import { closest, editDistance } from '../nearest.ts'
import { own } from '../given.ts'
import { shortNames, type SparkConf } from '../spark-conf.ts'
import { visible } from '../visible.ts'
import type { Setting } from './kinds.ts'
import { checkedValue, readSetting } from './read.ts'
import { settings, withoutEffect } from './table.ts'
import { type Environment, variables } from './variables.ts'

/**
 * Every setting of a program, before anything starts. Throws `E_CONF` for a name that is a misspelling, and `E_CONF` or
 * `E_LIMIT` for a value that cannot be used. Returns what is worth a warning: names of Spark's streaming that mean
 * nothing here.
 */
export function checkSettings(all: Iterable<readonly [name: string, text: string]>): string[] {
  const warnings: string[] = []
  const texts = new Map(all)
  for (const [name, text] of texts) {
    const judged = judgeName(name)
    if (judged.kind === 'known') checkedValue(name, judged.setting, text)
    if (judged.kind === 'unknown') throw unknownSetting(name, judged.meant)
    if (judged.kind === 'warning') warnings.push(judged.message)
  }
  checkWaits(texts)
  return warnings
}

/** A first wait above the longest would be cut to that. */
function checkWaits(texts: ReadonlyMap<string, string>): void {
  const [first, longest] = ['sluice.output.retryWait', 'sluice.output.retryWaitMax'] as const
  const text = texts.get(first)
  const conf = { getOption: (name: string) => texts.get(name) }
  if (text === undefined || readSetting(conf, first) <= readSetting(conf, longest)) return
  const most = texts.get(longest) ?? settings[longest].initial
  throw new SluiceError('E_LIMIT', `The setting ${first} is ${text.trim()}, and ${longest} is ${most.trim()}.`, {
    where: { place: callerPlace(), detail: first },
    did: 'nothing was started: no wait can be longer than the longest',
    next: [`conf.set('${longest}', '${text.trim()}')`, `set ${first} to ${most.trim()} or less`],
  })
}

type Judged =
  | { readonly kind: 'known'; readonly setting: Setting }
  | { readonly kind: 'unknown'; readonly meant: string | null }
  | { readonly kind: 'warning'; readonly message: string }
  /** The program's own, or Spark's and no business of this library. */
  | { readonly kind: 'foreign' }

/** A letter or two: more would take one of Spark's many names for another. */
const LETTERS_MAX = 2

function judgeName(name: string): Judged {
  if (isKnown(name)) return { kind: 'known', setting: settings[name] }
  if (Object.hasOwn(withoutEffect, name))
    return { kind: 'warning', message: `The setting ${name} changes nothing here: ${withoutEffect[name]}.` }
  const isOurs = /^sluice\./i.test(name)
  if (isOurs) return { kind: 'unknown', meant: closest(name, names) }
  if (!/^spark\./i.test(name)) return withoutPrefix(name)
  const near = [...names, ...Object.keys(withoutEffect)].find(
    (candidate) => editDistance(candidate.toLowerCase(), name.toLowerCase()) <= LETTERS_MAX,
  )
  if (near !== undefined) return { kind: 'unknown', meant: near }
  if (!name.startsWith('spark.streaming.')) return { kind: 'foreign' }
  return { kind: 'warning', message: `The setting ${visible(name)} is not known here and changes nothing.` }
}

/** The name of a setting without what it begins with is that setting, forgotten to be written in full. */
function withoutPrefix(name: string): Judged {
  const meant = own(shortNames, name) ?? PREFIXES.map((prefix) => prefix + name).find((full) => isKnown(full))
  return meant === undefined ? { kind: 'foreign' } : { kind: 'unknown', meant }
}

const PREFIXES = ['sluice.', 'spark.', 'spark.streaming.', 'sluice.output.', 'sluice.state.']

const names = Object.keys(settings)
const isKnown = (name: string): name is keyof typeof settings => Object.hasOwn(settings, name)

const unknownSetting = (name: string, meant: string | null): SluiceError =>
  new SluiceError('E_CONF', `There is no setting ${visible(name)}.${meant ? ` Did you mean ${meant}?` : ''}`, {
    where: { place: callerPlace(), detail: visible(name) },
    did: 'nothing was started',
    next: [...(meant ? [`conf.set('${meant}', …)`] : []), 'docs/settings.md lists all settings'],
  })

/** What a run should say about settings and the environment as it starts. Throws as `checkSettings`. */
export const settingWarnings = (conf: SparkConf, environment: Environment): string[] => [
  ...checkSettings(conf.getAll()),
  ...unknownVariables(environment),
]

/**
 * Variables of the environment that look as if they were meant for this library and are read by nobody: a warning for
 * each, because other programs may share the environment.
 */
function unknownVariables(environment: Environment): string[] {
  const known = Object.keys(variables)
  return Object.keys(environment)
    .filter((name) => /^SLUICE_/i.test(name) && !known.includes(name))
    .map((name) => {
      const meant = closest(name, known)
      return `The environment variable ${visible(name)} is read by nobody.${meant ? ` Did you mean ${meant}?` : ''}`
    })
}
