import { SluiceError } from './errors.ts'
import { own } from './given.ts'
import { callerPlace } from './place.ts'
import { shownOr } from './settled.ts'
import { timeMs } from './settings/kinds.ts'

/** Settings by name, as a plain object: `appName` and `master` for short, everything else under its full name. */
export type ConfObject = { readonly appName?: string; readonly master?: string } & {
  readonly [name: string]: string | number | boolean | undefined
}

/** Settings as a `SparkConf` or as a plain object. */
export type SparkConfLike = SparkConf | ConfObject

/** Settings of one application (Spark's `SparkConf`). Values are text; setters return the same object. */
export class SparkConf {
  readonly #settings = new Map<string, string>()

  /** `undefined` entries are left out. Spark: `SparkConf`. */
  constructor(settings: ConfObject = {}) {
    if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
      throw noSetting('Settings are an object or a SparkConf, and were', settings, "{ master: 'local[2]' }")
    for (const [name, value] of Object.entries(settings))
      if (value !== undefined) this.set(own(shortNames, name) ?? name, value)
  }

  /** The settings as they are, or a new `SparkConf` of a plain object. Not in Spark. */
  static from(conf: SparkConfLike): SparkConf {
    return conf instanceof SparkConf ? conf : new SparkConf(conf)
  }

  /** Sets one setting by its full name. Throws `E_CONF` for what is no name or no value. Spark: `SparkConf.set`. */
  set(name: string, value: string | number | boolean): this {
    if (typeof name !== 'string' || name === '')
      throw noSetting('The name of a setting is', name, "conf.set('spark.default.parallelism', 4)")
    if (!['string', 'number', 'boolean'].includes(typeof value))
      throw noSetting(`The setting ${name} is`, value, `conf.remove('${name}') forgets it`)
    this.#settings.set(name, String(value))
    return this
  }

  /** Sets it unless it is set. Spark: `SparkConf.setIfMissing`. */
  setIfMissing(name: string, value: string | number | boolean): this {
    return this.contains(name) ? this : this.set(name, value)
  }

  /** Sets each of the pairs. Spark: `SparkConf.setAll`. */
  setAll(settings: Iterable<readonly [string, string | number | boolean]>): this {
    for (const [name, value] of settings) this.set(name, value)
    return this
  }

  /** Sets `spark.app.name`. Spark: `SparkConf.setAppName`. */
  setAppName(name: string): this {
    return this.set(APP_NAME, name)
  }

  /**
   * `local[4]`: four partitions where nothing else says how many; `local[*]`: as many as the machine has cores. Spark:
   * `SparkConf.setMaster`.
   */
  setMaster(master: string): this {
    return this.set(MASTER, master)
  }

  /** Forgets one setting. Spark: `SparkConf.remove`. */
  remove(name: string): this {
    this.#settings.delete(name)
    return this
  }

  /** Whether it is set. Spark: `SparkConf.contains`. */
  contains(name: string): boolean {
    return this.#settings.has(name)
  }

  /** Throws `E_CONF` where the setting is missing and no default is given. Spark: `SparkConf.get`. */
  get(name: string): string
  get(name: string, fallback: string): string
  get<D>(name: string, fallback: D): string | D
  get(name: string, ...fallback: [unknown?]): unknown {
    if (this.contains(name) || fallback.length > 0) return this.getOption(name) ?? fallback[0]
    throw new SluiceError('E_CONF', `The setting ${name} is not set.`, {
      did: 'nothing was started',
      spark: 'NoSuchElementException',
      next: [`conf.set('${name}', …)`, 'pass a default to get'],
    })
  }

  /** The setting as text, `undefined` if it is not set. Spark: `SparkConf.getOption`. */
  getOption(name: string): string | undefined {
    return this.#settings.get(name)
  }

  /** A number of any kind: Spark's `getInt`, `getLong` and `getDouble` are one here. Not in Spark. */
  getNumber(name: string, fallback: number): number {
    const text = this.getOption(name)
    if (text === undefined) return fallback
    const value = Number(text)
    if (text.trim() !== '' && Number.isFinite(value)) return value
    throw badSetting(name, text, 'a number')
  }

  /** The same as `getNumber`. Spark: `SparkConf.getInt`. */
  getInt(name: string, fallback: number): number {
    return this.getNumber(name, fallback)
  }
  /** The same as `getNumber`. Spark: `SparkConf.getLong`. */
  getLong(name: string, fallback: number): number {
    return this.getNumber(name, fallback)
  }
  /** The same as `getNumber`. Spark: `SparkConf.getDouble`. */
  getDouble(name: string, fallback: number): number {
    return this.getNumber(name, fallback)
  }

  /** `true` or `false`. Throws `E_CONF` for any other text. Spark: `SparkConf.getBoolean`. */
  getBoolean(name: string, fallback: boolean): boolean {
    const text = this.getOption(name)
    if (text === undefined) return fallback
    if (text === 'true' || text === 'false') return text === 'true'
    throw badSetting(name, text, 'true or false')
  }

  /** `100ms`, `10s`, `2m`, `1h`, `1d`; a bare number counts in ms. Spark: `SparkConf.getTimeAsMs`. */
  getTimeAsMs(name: string, fallback: string): number {
    const text = this.get(name, fallback)
    const time = timeMs(text)
    if (time === null) throw badSetting(name, text, 'a duration such as 500ms or 10s')
    return time
  }

  /** Sorted by name. Spark: `SparkConf.getAll`. */
  getAll(): [string, string][] {
    return [...this.#settings].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  /** A copy: changes to one do not reach the other. Spark: `SparkConf.clone`. */
  clone(): SparkConf {
    return new SparkConf().setAll(this.#settings)
  }

  /** A line `name=value` per setting, sorted by name. Spark: `SparkConf.toDebugString`. */
  toDebugString(): string {
    return this.getAll()
      .map(([name, value]) => `${name}=${value}`)
      .join('\n')
  }
}

export const APP_NAME = 'spark.app.name'
export const MASTER = 'spark.master'

/** How the object of a conf calls them. */
export const shortNames: Readonly<Record<string, string>> = { appName: APP_NAME, master: MASTER }

const noSetting = (what: string, given: unknown, next: string): SluiceError =>
  new SluiceError('E_CONF', `${what} ${shownOr(given)}.`, {
    where: { place: callerPlace() },
    did: 'nothing was set',
    spark: 'IllegalArgumentException',
    next: [next],
  })

const badSetting = (name: string, text: string, wanted: string): SluiceError =>
  new SluiceError('E_CONF', `The setting ${name} is ${JSON.stringify(text)}, which is not ${wanted}.`, {
    did: 'nothing was started',
    spark: 'IllegalArgumentException',
    next: [`set ${name} to ${wanted}`],
  })
