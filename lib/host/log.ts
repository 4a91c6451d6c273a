/**
 * One fact about what the engine did, with a stable `type`; hosts decide whether it becomes a line, a metric or
 * nothing.
 */
export interface LogEvent {
  /** What kind of event it is. */
  readonly type: string
  readonly [field: string]: unknown
}

/** Where the engine says what is no result and no error. */
export interface Log {
  /** Says it. */
  event(event: LogEvent): void
}

export const silentLog: Log = { event: () => {} }
