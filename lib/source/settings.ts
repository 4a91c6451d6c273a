import { SluiceError } from '../model/errors.ts'

/** Settings of the program as text, by name. */
export type Settings = (key: string, fallback: string) => string

/** Throws `E_CONF` unless the setting is a number. */
export function numberSetting(settings: Settings, key: string, fallback: string): number {
  const text = settings(key, fallback)
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new SluiceError('E_CONF', `The setting ${key} is ${JSON.stringify(text)}, which is not a number.`, {
    did: 'nothing was started',
    spark: 'IllegalArgumentException',
    next: [`set ${key} to a number`],
  })
}

/** A duration such as `200ms` or `2s`, in ms; a bare number counts in ms. Throws `E_CONF`. */
export function timeSetting(settings: Settings, key: string, fallback: string): number {
  const text = settings(key, fallback).trim()
  const match = /^(\d+)(ms|s|m|min|h)?$/.exec(text)
  if (match) return Number(match[1]) * unitsMs[match[2] ?? 'ms']
  throw new SluiceError('E_CONF', `The setting ${key} is ${JSON.stringify(text)}, which is not a duration.`, {
    did: 'nothing was started',
    spark: 'IllegalArgumentException',
    next: [`set ${key} to a duration such as ${fallback}`],
  })
}

const unitsMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000 }
