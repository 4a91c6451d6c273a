import type { EngineEvent } from '../model/events.ts'

/** Where the engine says what is no result and no error. */
export interface Log {
  /** Says it. */
  event(event: EngineEvent): void
}

export const silentLog: Log = { event: () => {} }
