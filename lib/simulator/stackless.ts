/**
 * Stacks are read only when a violation is looked into, and taking them costs a fifth of a run: from here on errors of
 * this process have none, until the function that is returned is called.
 */
export function withoutStacks(): () => void {
  // V8 takes a stack only where the limit is a plain number of the constructor; an accessor also survives those who set
  // it.
  Object.defineProperty(Error, 'stackTraceLimit', { configurable: true, get: () => 0, set: () => {} })
  return () => {
    Object.defineProperty(Error, 'stackTraceLimit', { configurable: true, writable: true, value: 30 })
  }
}

/** What is known of an error: its stack where it has one. */
export const stackOf = (error: unknown): string => (error instanceof Error && error.stack ? error.stack : String(error))
