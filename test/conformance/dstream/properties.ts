import { equal, recordsDiffer } from '../compare.ts'
import { shown } from '../values.ts'

/** What came out, over all batches. */
interface Outcome {
  readonly outputs: readonly (readonly unknown[])[]
  readonly snapshots: readonly (readonly unknown[])[]
}

/**
 * How an outcome differs from an expectation that is an object of properties, or null. The name of a property says what
 * it is about: snapshots or outputs, the last of them or all; and how: `allowed…` (nothing else came), `distinct…` (as
 * sets), `…Contain…` (these came at some point), else all of them in any order.
 */
export function propertiesDiffer(expected: Readonly<Record<string, unknown>>, outcome: Outcome): string | null {
  for (const [name, value] of Object.entries(expected)) {
    const difference = propertyDiffers(name.toLowerCase(), value, outcome)
    if (difference) return `${name}: ${difference}`
  }
  return null
}

function propertyDiffers(name: string, expected: unknown, { outputs, snapshots }: Outcome): string | null {
  const batches = name.includes('snapshot') ? snapshots : outputs
  if (/last|final/.test(name)) return lastDiffers(batches, expected)
  if (!Array.isArray(expected))
    return equal(batches.flat().length, expected) ? null : `got ${batches.flat().length}, expected ${shown(expected)}`
  const all = batches.flat()
  if (name.includes('allowed'))
    return described(
      'not allowed',
      all.find((record) => !includes(expected, record)),
    )
  if (/contain|includ|some|once/.test(name))
    return described(
      'never came',
      expected.find((record) => !includes(all, record)),
    )
  return recordsDiffer(all, expected, name.includes('distinct') ? 'set' : 'multiset')
}

/** The last snapshot is a whole batch; the last output is a record, unless a batch is given. */
function lastDiffers(batches: readonly (readonly unknown[])[], expected: unknown): string | null {
  const batch = batches.at(-1) ?? []
  if (equal(batches.flat().at(-1), expected)) return null
  return Array.isArray(expected)
    ? recordsDiffer(batch, expected, 'multiset')
    : `got ${shown(batches.flat().at(-1))}, expected ${shown(expected)}`
}

const includes = (records: readonly unknown[], wanted: unknown): boolean =>
  records.some((record) => equal(record, wanted))
const described = (what: string, record: unknown): string | null =>
  record === undefined ? null : `${shown(record)} ${what}`
