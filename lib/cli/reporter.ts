import type { Log } from '../host/log.ts'

/** What a run looks like from outside: one form for people, one for programs. */
export interface Reporter extends Log {
  /** What `print()` writes. */
  print(text: string): void
  /** An error, whether it ends the run or not. */
  error(error: unknown): void
  /** A stop was asked for: how many batches are still to come, and how far off the last one is. */
  stopping(remaining: { readonly batches: number; readonly dueMs: number }): void
  /** The last word. `stoppedMs`: how long stopping took, if a stop was asked for. */
  end(exitCode: number, stoppedMs: number | null): void
}

export interface ReporterOptions {
  readonly version: string
  readonly verbose: boolean
  /** While missed batches are caught up, what they print is counted, not shown. */
  readonly foldPrints?: boolean
}
