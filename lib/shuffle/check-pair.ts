import { SluiceError, type Where } from '../model/errors.ts'

/** Throws `E_PAIR` for a record that is no `[key, value]`, and `E_KEY` for a pair whose key is `undefined`. */
export function checkPair(record: unknown, where: Where): void {
  if (!Array.isArray(record) || record.length !== 2)
    throw new SluiceError('E_PAIR', `A record is ${kindOf(record)}, and this operator needs pairs: [key, value].`, {
      where,
      did: 'the batch was not committed',
      next: ['make pairs first: map((record) => [keyOf(record), record])'],
    })
  if (record[0] !== undefined) return
  throw new SluiceError('E_KEY', 'The key of a pair is undefined.', {
    where,
    did: 'the batch was not committed',
    next: ['use null where there is no key', 'see whether the property that the key is taken from is spelt right'],
  })
}

function kindOf(record: unknown): string {
  if (record === null) return 'null'
  if (Array.isArray(record)) return `an array of ${record.length}`
  if (typeof record === 'object') return 'an object'
  return record === undefined ? 'undefined' : `a ${typeof record}`
}
