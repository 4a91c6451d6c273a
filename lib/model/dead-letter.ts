import type { BatchNumber, OperatorUid } from './ids.ts'
import type { BlobRef } from './refs.ts'

/** By source and by split, as JSON text. */
type BySplit<V> = { readonly [source: string]: { readonly [split: string]: V } }

/** How many records of each split, from its first on. */
export type RecordCounts = BySplit<number>

/** Which records of each split, counted from 0, in rising order. */
export type RecordNumbers = BySplit<readonly number[]>

/** Why one record was set aside, and where it came from. */
export interface DeadLetterFacts {
  /** Batch and number, unique within an incarnation: `57-1`. */
  readonly id: string
  readonly source: OperatorUid
  readonly split: string
  /** The record's number within its split, counted from 0. */
  readonly index: number
  readonly code: string
  readonly message: string
  /** `file:line:column` in the user's code, where it is known. */
  readonly place: string | null
}

/** As it is stored. A value that cannot be stored is described instead; it cannot be tried again. */
export interface DeadLetter extends DeadLetterFacts {
  readonly record: unknown
  readonly isStored: boolean
}

/** The dead letters of one batch that nobody has dealt with yet. */
export interface DeadLetters {
  readonly batch: BatchNumber
  /** Ids by source. */
  readonly open: { readonly [source: string]: readonly string[] }
  /** A list of `DeadLetter`. */
  readonly ref: BlobRef
}

/** What somebody decided about dead letters: read them again in the next batch, or let them be. */
export interface DeadLetterCommand {
  readonly verb: 'retry' | 'drop'
  readonly ids: readonly string[]
}
