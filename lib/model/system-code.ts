/** The system's error code of anything that was thrown (`ENOENT`, `EEXIST`), or undefined. */
export const systemCode = (error: unknown): string | undefined => (error as { code?: string } | null | undefined)?.code
