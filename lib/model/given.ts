type There<T> = { [K in keyof T]?: Exclude<T[K], undefined | null | false> }

/**
 * Those of the facts that are there. An optional property is there or left out, so what is undefined, null or false is
 * not taken along: `{ code, ...given({ place }) }`.
 */
export const given = <T extends object>(facts: T): There<T> =>
  Object.fromEntries(
    Object.entries(facts).filter(([, value]) => value !== undefined && value !== null && value !== false),
  ) as There<T>

/** The object, unless nothing is in it. */
export const unlessEmpty = <T extends object>(facts: T): T | null => (Object.keys(facts).length > 0 ? facts : null)
