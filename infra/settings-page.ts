import { writeFileSync } from 'node:fs'
import type { Setting } from '../lib/model/settings/kinds.ts'
import { formOf } from '../lib/model/settings/parse.ts'
import { settings, withoutEffect } from '../lib/model/settings/table.ts'
import { variables } from '../lib/model/settings/variables.ts'
import { settingWords, variableWords } from './settings-words.ts'

/**
 * `docs/settings.md`, from the tables. `npm run docs:settings` writes it, and a test holds that it is up to date.
 */
export function settingsPage(): string {
  const sections = [
    '# Settings',
    wrapped(
      "Given as Spark's are: `new SparkConf().set(name, value)`, or `app(name, interval, define, { conf: { name: " +
        'value } })`. All are checked before anything starts: a value outside its range, a name below `sluice.` ' +
        'that is not here, one from here without what it begins with, and a name of Spark that is a letter or two ' +
        'off are errors that say what to type. Other names are kept and handed back by `conf.get`, and change ' +
        'nothing. This page is made from the table that the ' +
        'library reads them with (`npm run docs:settings`).',
    ),
    wrapped(
      'Times look like `500ms`, `10s`, `2m`, `1h` or `1d`, sizes like `512k`, `32m` or `1g` (powers of 1024). A bare ' +
        "number counts in the unit that is named, which is Spark's.",
    ),
    '## Settings of a program',
    ...names(settings).map((name) => section(name, settings[name], settingWords[name])),
    '## Settings of Spark that change nothing',
    'They may be set, and a line at the start says why nothing follows from them.',
    Object.entries(withoutEffect)
      .map(([name, reason]) => `- \`${name}\`: ${reason}`)
      .map((line) => wrapped(line, '  '))
      .join('\n'),
    '## Variables of the environment',
    wrapped('A variable that begins with `SLUICE_` and is not one of these is worth a warning at the start.'),
    ...names(variables).map((name) =>
      section(name, variables[name], variableWords[name], `read by: ${variables[name].of}`),
    ),
  ]
  return `${sections.join('\n\n')}\n`
}

const names = <Table extends object>(table: Table): (keyof Table & string)[] =>
  Object.keys(table) as (keyof Table & string)[]

function section(name: string, setting: Setting, words: string, ...more: readonly string[]): string {
  const facts = [formOf(setting), ...rangeOf(setting), defaultOf(setting), ...more]
  return [`### \`${name}\``, wrapped(`${facts.join(' · ')}.`), wrapped(words)].join('\n\n')
}

const rangeOf = (setting: Setting): string[] =>
  'min' in setting ? [`from \`${setting.min}\` to \`${setting.max}\``] : []

function defaultOf({ initial, initially }: Setting): string {
  if (initially !== undefined) return `default ${initially}`
  return initial === null || initial === '' ? 'default none' : `default \`${initial}\``
}

const WIDTH = 120

/** Lines of at most 120 columns; `indent` before all but the first. */
function wrapped(text: string, indent = ''): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line)
      line = indent
    }
    line += line === '' || line === indent ? word : ` ${word}`
  }
  return [...lines, line].join('\n')
}

if (import.meta.main) writeFileSync(new URL('../docs/settings.md', import.meta.url), settingsPage())
