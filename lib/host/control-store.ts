import type { Versioned } from './head-store.ts'

/**
 * The record beside the head of an app in which people leave word for whoever runs it. Written by revision, as the head
 * is, and in no order with it: nothing that is decided about a batch may rest on it.
 */
export interface ControlStore {
  /** What was written last, and its revision; `null` where nobody has written. */
  read(): Promise<Versioned<unknown> | null>
  /** Writes revision `expected + 1` if the record still is at `expected` (0: nothing was ever written). */
  cas(expected: number, value: unknown, cause: string): Promise<'written' | 'refused'>
}
