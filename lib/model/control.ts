/**
 * What people want of an app, beside the head: it decides nothing about any batch, only whether another one begins. Who
 * has no part in running the app may write it.
 */
export interface Control {
  /** Whether somebody keeps batches from beginning; `null`: nobody. */
  readonly paused: Pause | null
  /** A halt is cleared by the next start, if the app is still in that epoch: one that comes later is another one. */
  readonly clearHalt: { readonly epoch: number } | null
}

/** Since when batches are kept from beginning, in ms since the epoch, and by whom. */
export interface Pause {
  readonly since: number
  readonly by: string
}

/** Since when, and by whom. */
export const pausedWords = ({ since, by }: Pause): string => `paused since ${new Date(since).toISOString()} by ${by}`
