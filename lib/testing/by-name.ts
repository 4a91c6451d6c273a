import { SluiceError } from '../model/errors.ts'

/** The one that a test means: by its name, or the only one there is. Throws `E_NAME`, with the names that exist. */
export function byName<T>(known: ReadonlyMap<string, T>, name: string | undefined, what: string): [string, T] {
  if (name === undefined && known.size === 1) return [...known][0]
  if (name !== undefined && known.has(name)) return [name, known.get(name)!]
  const names = [...known.keys()].map((each) => JSON.stringify(each)).join(', ') || 'none'
  throw new SluiceError(
    'E_NAME',
    name === undefined
      ? `Which ${what} is meant? The program has ${known.size || 'none'}.`
      : `There is no ${what} "${name}".`,
    {
      did: 'nothing was done',
      next: [`these exist: ${names}`],
    },
  )
}
