/**
 * What a setting may hold. `initial` and the bounds are written as a program would write them, so that messages and
 * `docs/settings.md` show what can be typed. `initial: null`: nothing is set unless somebody sets it.
 */
export type Setting = Described &
  (TextSetting | NamesSetting | SwitchSetting | ChoiceSetting | NumberSetting | TimeSetting | SizeSetting)

interface Described {
  /** Where "none" or one value does not tell the whole of the default. */
  readonly initially?: string
}

interface TextSetting {
  readonly kind: 'text'
  readonly initial: string | null
}
/** Names with commas between them. */
interface NamesSetting {
  readonly kind: 'names'
  readonly initial: ''
}
interface SwitchSetting {
  readonly kind: 'switch'
  readonly initial: 'true' | 'false'
}
interface ChoiceSetting {
  readonly kind: 'choice'
  readonly initial: string
  readonly of: readonly string[]
}
interface NumberSetting {
  readonly kind: 'whole' | 'fraction'
  readonly initial: string | null
  readonly min: number
  readonly max: number
}
/** `200ms`, `10s`, `2m`, `1h`, `1d`; a bare number counts in `unit`, which is Spark's for this setting. */
interface TimeSetting {
  readonly kind: 'time'
  readonly unit: 'ms' | 's'
  readonly initial: string | null
  readonly min: string
  readonly max: string
}
/** `512k`, `32m`, `1g` (powers of 1024); a bare number counts in bytes. */
interface SizeSetting {
  readonly kind: 'size'
  readonly initial: string
  readonly min: string
  readonly max: string
}

/** A time in ms; `null` for what is no time. Spark takes whole numbers only, as `1500ms` for `1.5s`. */
export function timeMs(text: string, unit: 'ms' | 's' = 'ms'): number | null {
  const match = /^(-?\d{1,15})(us|ms|s|m|min|h|d)?$/.exec(text.trim().toLowerCase())
  return match && Math.trunc(Number(match[1]) * msOf[match[2] ?? unit]!)
}

/** A size in bytes; `null` for what is none. */
export function sizeBytes(text: string): number | null {
  const match = /^(-?\d{1,15})(?:([kmgt]?)b?)$/.exec(text.trim().toLowerCase())
  return match && Number(match[1]) * 1024 ** ' kmgt'.indexOf(match[2] || ' ')
}

/** `spark.sql` and Hadoop write booleans and numbers in more ways; a setting of Spark's streaming takes these. */
export function plainNumber(text: string): number | null {
  const value = Number(text)
  return text.trim() !== '' && Number.isFinite(value) ? value : null
}

/** Names with commas between them, as a flag or a setting has them. */
export const namesIn = (text: string): string[] =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')

const msOf: Record<string, number> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
