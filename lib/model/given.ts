type There<T> = { [K in keyof T]?: Exclude<T[K], undefined | null | false> }

/**
 * Those of the facts that are there. An optional property is there or left out, so what is undefined, null or false is
 * not taken along: `{ code, ...given({ place }) }`.
 */
export function given<T extends object>(facts: T): There<T> {
  const there: There<T> = {}
  for (const name of Object.keys(facts) as (keyof T)[]) {
    const value = facts[name]
    if (value !== undefined && value !== null && value !== false) there[name] = value as There<T>[keyof T]
  }
  return there
}

/** The object, unless nothing is in it. */
export const unlessEmpty = <T extends object>(facts: T): T | null => (Object.keys(facts).length > 0 ? facts : null)

/** What stands under a name; a name that every object has is none. */
export const own = <T>(facts: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(facts, name) ? facts[name] : undefined
