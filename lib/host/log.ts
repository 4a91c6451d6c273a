/**
 * One fact about what the engine did, with a stable `type`; hosts decide whether it becomes a line, a metric or
 * nothing.
 */
export interface LogEvent {
  readonly type: string
  readonly [field: string]: unknown
}

export interface Log {
  event(event: LogEvent): void
}

export const silentLog: Log = { event: () => {} }
