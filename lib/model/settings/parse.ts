import { namesIn, plainNumber, type Setting, sizeBytes, timeMs } from './kinds.ts'

/** What a setting comes to: times in ms, sizes in bytes, `null` only where nothing is set by default. */
export type ValueOf<S extends Setting> =
  | (S['kind'] extends 'text' ? string : never)
  | (S['kind'] extends 'names' ? readonly string[] : never)
  | (S['kind'] extends 'switch' ? boolean : never)
  | (S extends { readonly kind: 'choice'; readonly of: readonly (infer Choice)[] } ? Choice : never)
  | (S['kind'] extends 'whole' | 'fraction' | 'time' | 'size' ? number : never)
  | (S['initial'] extends null ? null : never)

type Parsed =
  | { readonly kind: 'value'; readonly value: unknown }
  /** Nothing of this kind: `wanted` says what would be. */
  | { readonly kind: 'malformed'; readonly wanted: string }
  | { readonly kind: 'out-of-range'; readonly wanted: string }

/** Pure: what the text of a setting means. */
export function parse(setting: Setting, text: string): Parsed {
  switch (setting.kind) {
    case 'text':
      return value(text)
    case 'names':
      return value(namesIn(text))
    case 'switch':
      return text === 'true' || text === 'false' ? value(text === 'true') : malformed(setting)
    case 'choice':
      return setting.of.includes(text) ? value(text) : malformed(setting)
    case 'whole':
    case 'fraction':
    case 'time':
    case 'size':
      return parseAmount(setting, text)
  }
}

type Amount = Extract<Setting, { readonly min: unknown }>

function parseAmount(setting: Amount, text: string): Parsed {
  const found = amountOf(setting, text)
  if (found === null) return malformed(setting)
  if (setting.kind === 'whole' && !Number.isInteger(found)) return outOfRange(setting)
  const isWithin = amountOf(setting, String(setting.min))! <= found && found <= amountOf(setting, String(setting.max))!
  return isWithin ? value(found) : outOfRange(setting)
}

function amountOf(setting: Amount, text: string): number | null {
  switch (setting.kind) {
    case 'time':
      return timeMs(text, setting.unit)
    case 'size':
      return sizeBytes(text)
    default:
      return plainNumber(text)
  }
}

const value = (parsed: unknown): Parsed => ({ kind: 'value', value: parsed })
const malformed = (setting: Setting): Parsed => ({ kind: 'malformed', wanted: formOf(setting) })
const outOfRange = (setting: Amount): Parsed => ({
  kind: 'out-of-range',
  wanted: `${noun(setting.kind)} from ${setting.min} to ${setting.max}`,
})

/** What can be typed for a setting, in words. */
export function formOf(setting: Setting): string {
  switch (setting.kind) {
    case 'text':
      return 'text'
    case 'names':
      return 'names with commas between them'
    case 'switch':
      return 'true or false'
    case 'choice':
      return setting.of.join(' or ')
    case 'time':
      return `a time such as 500ms or 10s; a bare number counts in ${setting.unit}`
    case 'size':
      return 'a size such as 512k, 32m or 1g; a bare number counts in bytes'
    default:
      return noun(setting.kind)
  }
}

function noun(kind: Amount['kind']): string {
  switch (kind) {
    case 'whole':
      return 'a whole number'
    case 'fraction':
      return 'a number'
    case 'time':
      return 'a time'
    case 'size':
      return 'a size'
  }
}
