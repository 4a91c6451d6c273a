/** Runs a program of the machine: `input` goes in, what it writes comes out. */
export type RunProgram = (
  program: string,
  args: readonly string[],
  options: { readonly input: string; readonly env: Readonly<Record<string, string>> },
) => ProgramEnd

interface ProgramEnd {
  readonly stdout: string
  readonly stderr: string
  /** Why it failed; `null` where it did not. */
  readonly failure: string | null
}
