/** An error that a call of the system gave, as Node makes them: it knows which call. */
export const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string'

/** The code of an error of Node, of the system or of a driver, such as `ENOENT`; ours are asked for with `hasCode`. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}
