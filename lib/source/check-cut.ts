import { SluiceError } from '../model/errors.ts'
import type { Cut } from '../model/manifest.ts'

/**
 * What a source answered to `cut`, if it is `null` or a cut that can be kept. Anything else would be read as a position
 * of nowhere: the next batch would begin from the first record, or leave some out, without a word. Throws `E_SOURCE`.
 */
export function checkCut(answer: unknown, name: string): Cut | null {
  if (answer === null) return null
  if (typeof answer !== 'object' || Array.isArray(answer)) throw wrong(name, `cut() answered ${kindOf(answer)}`)
  const { position, splits, records } = answer as Record<keyof Cut, unknown>
  const unfit = misfit(position, 'position') ?? (Array.isArray(splits) ? misfit(splits, 'splits') : noList(splits))
  if (unfit !== null) throw wrong(name, `cut() answered with ${unfit}`)
  if (records !== null && !(Number.isSafeInteger(records) && (records as number) >= 0))
    throw wrong(name, `cut() answered with records that are ${kindOf(records)}, and no whole number or null`)
  return answer as Cut
}

/** What a source gave to be read, if it can be walked. Throws `E_SOURCE`. */
export function checkChunks(chunks: unknown, name: string): void {
  if (typeof chunks === 'object' && chunks !== null && (Symbol.iterator in chunks || Symbol.asyncIterator in chunks))
    return
  throw wrongRead(name, kindOf(chunks))
}

/** A piece of what was read, if it is a list of records. Throws `E_SOURCE`. */
export function checkChunk(chunk: unknown, name: string): void {
  if (!Array.isArray(chunk) && !(ArrayBuffer.isView(chunk) && !(chunk instanceof DataView)))
    throw wrongRead(name, `a piece that is ${kindOf(chunk)}`)
}

const wrongRead = (name: string, what: string): SluiceError =>
  wrong(name, `read() gave ${what}, and no list of lists of records`, [
    'give lists of records: [[record, record], [record]]',
    'or write it as a generator, *read() or async *read(), that yields lists of records',
  ])

const wrong = (name: string, what: string, next: readonly string[] = []): SluiceError =>
  new SluiceError('E_SOURCE', `"${name}": ${what}.`, {
    did: 'nothing of it was used; it is asked again',
    next: next.length > 0 ? next : ['answer null where nothing is new, or { position, splits, records }'],
  })

const noList = (splits: unknown): string => `splits that are ${kindOf(splits)}, and no list`

/** Where a value would not come back from JSON as it is; `null`: it would. */
function misfit(value: unknown, path: string, above: readonly object[] = []): string | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return null
  if (typeof value !== 'object' || !isPlain(value)) return `a ${path} that is ${kindOf(value)}, and no JSON`
  if (above.includes(value)) return `a ${path} that holds itself`
  const inside = [...above, value]
  const entries = Array.isArray(value) ? value.entries() : Object.entries(value)
  for (const [step, item] of entries) {
    // A property that is missing stays missing.
    if (item === undefined && typeof step === 'string') continue
    const found = misfit(item, typeof step === 'string' ? `${path}.${step}` : `${path}[${step}]`, inside)
    if (found !== null) return found
  }
  return null
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return Array.isArray(value) || prototype === Object.prototype || prototype === null
}

/** What it is, in words, without what is in it. */
function kindOf(value: unknown): string {
  if (value === undefined || value === null || typeof value === 'number' || typeof value === 'boolean')
    return String(value)
  if (typeof value !== 'object') return `a ${typeof value}`
  if (Array.isArray(value)) return 'an array'
  if (isPlain(value)) return 'an object'
  return value instanceof Promise ? 'a promise' : `an instance of ${value.constructor.name || 'a class'}`
}
