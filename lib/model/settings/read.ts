import { own } from '../given.ts'
import { SluiceError } from '../errors.ts'
import { callerPlace } from '../place.ts'
import { visible } from '../visible.ts'
import type { Setting } from './kinds.ts'
import { parse, type ValueOf } from './parse.ts'
import { settings } from './table.ts'

export type SettingName = keyof typeof settings
export type SettingValue<N extends SettingName> = ValueOf<(typeof settings)[N]>

/** Where the text of a setting is found, `undefined` where nobody set it; `SparkConf` is one. */
export interface SettingTexts {
  getOption(name: string): string | undefined
}

/** The one reader of settings: a name of the table gives a value of its kind. */
export type SettingReader = <N extends SettingName>(name: N) => SettingValue<N>

/**
 * The value of a setting, or its default: times in ms, sizes in bytes. Throws `E_CONF` for what is not of its kind, and
 * `E_LIMIT` for what is out of its range.
 */
export function readSetting<N extends SettingName>(texts: SettingTexts, name: N): SettingValue<N> {
  const setting: Setting = settings[name]
  const text = texts.getOption(name) ?? setting.initial
  return (text === null ? null : checkedValue(name, setting, text)) as SettingValue<N>
}

/** What travelled as plain data. */
export const textsOf = (conf: { readonly [name: string]: string }): SettingTexts => ({
  getOption: (name) => own(conf, name),
})

export const settingsOf =
  (texts: SettingTexts): SettingReader =>
  (name) =>
    readSetting(texts, name)

/** Throws as `readSetting`. */
export function checkedValue(name: string, setting: Setting, text: string): unknown {
  const parsed = parse(setting, text)
  switch (parsed.kind) {
    case 'value':
      return parsed.value
    case 'malformed':
      throw new SluiceError('E_CONF', `The setting ${name} is ${JSON.stringify(visible(text))}.`, {
        where: { place: callerPlace(), detail: name },
        did: 'nothing was started',
        spark: 'IllegalArgumentException',
        next: [`set ${name} to ${parsed.wanted}`, ...waysOut(name, setting)],
      })
    case 'out-of-range':
      throw new SluiceError('E_LIMIT', `The setting ${name} is ${visible(text.trim())}; it must be ${parsed.wanted}.`, {
        where: { place: callerPlace(), detail: name },
        did: 'nothing was started',
        spark: 'IllegalArgumentException',
        next: [`set ${name} to ${parsed.wanted}`, ...waysOut(name, setting)],
      })
  }
}

/** What can be typed: each choice, or the default. */
function waysOut(name: string, setting: Setting): string[] {
  if (setting.kind === 'choice') return setting.of.map((choice) => `conf.set('${name}', '${choice}')`)
  if (setting.initial === null || setting.initial === '') return ['leave it out']
  return [`conf.set('${name}', '${setting.initial}'), or leave it out: that is the default`]
}
