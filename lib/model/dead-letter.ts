import type { BatchNumber, OperatorUid } from './ids.ts'
import { within } from './visible.ts'
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
  /** The letter that the record was read from when it failed again: `source`, `split` and `index` are those of that. */
  readonly retryOf?: string
  /** What could not be decoded, and so is no record: its first bytes are what is kept. */
  readonly undecoded?: { readonly path: string; readonly offset: number }
  /** An output was shown without it, and everything else of the batch with it: `source` is that output. */
  readonly ofOutput?: true
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
  /** They are no records that were read and left out, but bytes that could not be read. */
  readonly undecoded?: true
  /** Records of a committed batch that an output was shown without. */
  readonly ofOutput?: true
}

/** What somebody decided about dead letters: read them again in the next batch, or let them be. */
export interface DeadLetterCommand {
  readonly verb: 'retry' | 'drop'
  readonly ids: readonly string[]
}

/** How a record is called where people read it: a line of a file as editors count them, and any other by its number. */
export function recordName(source: string, split: string, index: number, isLine = false): string {
  const file = fileOf(split)
  if (holdsRecords(split)) return `record ${index} of ${source}`
  if (!file || !isLine) return `record ${index} of ${source}, ${splitName(split)}`
  return file.start === 0
    ? `line ${index + 1} of ${file.path}`
    : `line ${index + 1} behind byte ${file.start} of ${file.path}`
}

/** How a split is called where people read it: a part of a file by its path, and from where on. */
function splitName(split: string): string {
  const file = fileOf(split)
  if (!file) return within(split, NAME_MAX)
  return file.start === 0 ? file.path : `${file.path} from byte ${file.start}`
}

const NAME_MAX = 200

/** Whether a split is its records themselves, as those of a queue are: nobody can read them there. */
function holdsRecords(split: string): boolean {
  const value = parsed(split)
  return typeof value === 'object' && value !== null && 'data' in value && typeof value.data === 'string'
}

function fileOf(split: string): { readonly path: string; readonly start: number } | null {
  const value = parsed(split)
  if (typeof value !== 'object' || value === null || !('path' in value)) return null
  const { path, start = 0 } = value as { readonly path: unknown; readonly start?: unknown }
  return typeof path === 'string' && typeof start === 'number' ? { path, start } : null
}

function parsed(split: string): unknown {
  try {
    return JSON.parse(split)
  } catch {
    return null
  }
}
