export interface ChaosRequest {
  readonly kills: number
  /** Threads for tasks in the one process that runs the program. */
  readonly workers: number
  /** Processes for tasks; 0: one process for everything. */
  readonly processes: number
  /** As functions, each in processes of its own. */
  readonly functions: boolean
}

export interface Killed {
  readonly kills: number
  readonly stops: number
  /** What `sluice verify` finds in what was left behind. */
  readonly violations: readonly string[]
}

/** A program, what it reads, and what must be there in the end. */
export interface Scene {
  /** The name of the app. */
  readonly app: string
  /** The program, and its arguments. */
  readonly programArgs: readonly string[]
  /** What its processes have in their environment, besides what this one has. */
  readonly env?: Readonly<Record<string, string>>
  /** From one blow to the next, where processes take longer to start than those of most scenes. */
  readonly pauseMs?: Pause
  /** Begins to bring records, where they do not come by themselves. */
  begin(): void
  /** Brings no more. */
  end(): void
  /** After each kill: brings more, or strikes where records come from. */
  killed?(kills: number): Promise<void>
  /** The last batch whose outputs can be seen. */
  batch(): number
  /** Whether everything that was brought can be seen. */
  isThrough(): boolean | Promise<boolean>
  /** What is not as plain code computes it, once everything is through. */
  differences(): string[] | Promise<string[]>
  /** Ends the servers that it has started. */
  close?(): Promise<void>
}

interface Pause {
  readonly min: number
  readonly max: number
}

export interface SceneRequest extends ChaosRequest {
  /** How many records are brought, where a scene can be told. */
  readonly records: number
  /** Everything that is written lies below it. */
  readonly folder: string
  readonly seed: number
}

/** Rows that are missing, too much, or there twice. Both lists are sorted. */
export function difference(what: string, found: readonly string[], expected: readonly string[]): string[] {
  const [have, want] = [new Set(found), new Set(expected)]
  const missing = expected.filter((row) => !have.has(row)).map((row) => `${what}: missing ${row}`)
  const extra = found
    .filter((row, i) => !want.has(row) || found[i - 1] === row)
    .map((row) => `${what}: too much ${row}`)
  return [...missing, ...extra]
}
