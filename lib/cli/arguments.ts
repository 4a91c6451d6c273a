import { parseArgs } from 'node:util'
import { SluiceError } from '../model/errors.ts'
import { closest } from '../model/nearest.ts'
import { usageError } from './usage.ts'

/** What a flag takes; `help` stands in `--help`. */
type Flag =
  | { readonly kind: 'switch' }
  | { readonly kind: 'text' }
  | { readonly kind: 'number'; readonly min: number; readonly max: number }
type Flags = { readonly [name: string]: Flag }

export type Values<F extends Flags> = {
  readonly [N in keyof F]: F[N] extends { kind: 'switch' }
    ? boolean
    : F[N] extends { kind: 'number' }
      ? number | null
      : string | null
}

interface Arguments<F extends Flags> {
  readonly values: Values<F>
  readonly words: readonly string[]
}

/**
 * Our flags may stand anywhere before `--`; everything behind `--` is a word. Throws `E_UNKNOWN_OPTION` and `E_USAGE`,
 * in one sentence: a command line is either understood completely or not at all.
 */
export function readArguments<F extends Flags>(command: string, args: readonly string[], flags: F): Arguments<F> {
  const options = Object.fromEntries(
    Object.entries(flags).map(([name, { kind }]) => [
      name,
      { type: kind === 'switch' ? ('boolean' as const) : ('string' as const) },
    ]),
  )
  const { tokens } = parseArgs({
    args: args.map(maskNegative),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const values: Record<string, unknown> = Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => [name, initialOf(flag)]),
  )
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(unmask(token.value))
    if (token.kind !== 'option') continue
    const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : null
    if (!flag) throw unknownOption(command, token.rawName, Object.keys(flags))
    if (values[token.name] !== initialOf(flag))
      throw usageError(`${token.rawName} is given twice.`, `sluice ${command} --help`)
    values[token.name] = valueOf(
      command,
      token.rawName,
      flag,
      token.value === undefined ? undefined : unmask(token.value),
    )
  }
  return { values: values as Values<F>, words }
}

/** What stands where a flag is not given. */
const initialOf = ({ kind }: Flag): false | null => (kind === 'switch' ? false : null)

function valueOf(command: string, name: string, flag: Flag, value: string | undefined): unknown {
  const next = `sluice ${command} --help`
  if (flag.kind === 'switch') {
    if (value !== undefined) throw usageError(`${name} takes no value.`, next)
    return true
  }
  if (value === undefined || value === '' || value.startsWith('--')) throw usageError(`${name} needs a value.`, next)
  return flag.kind === 'text' ? value : numberOf(name, value, flag.min, flag.max, next)
}

/** Digits only: `Number` and `parseInt` would make something of `1e9`, `12abc` and an empty text. */
function numberOf(name: string, text: string, min: number, max: number, next: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= min && value <= max) return value
  throw usageError(`${name} is ${JSON.stringify(text)}; it must be a whole number from ${min} to ${max}.`, next)
}

function unknownOption(command: string, name: string, known: readonly string[]): SluiceError {
  const near = closest(name.replace(/^-+/, ''), known)
  return new SluiceError(
    'E_UNKNOWN_OPTION',
    `${name} is not an option of sluice ${command}.${near ? ` Did you mean --${near}?` : ''}`,
    {
      did: 'nothing was run',
      next: [
        `sluice ${command} --help`,
        ...(command === 'run' || command === 'dev'
          ? [`sluice ${command} app.ts -- ${name}     when it is meant for the program`]
          : []),
      ],
    },
  )
}

/** A negative number is a word, or the value of a flag, and never an option. */
const maskNegative = (arg: string): string => (/^-\d/.test(arg) ? `\0${arg}` : arg)
const unmask = (value: string): string => value.replace(/^\0/, '')
