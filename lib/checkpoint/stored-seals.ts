import type { ExecutionNumber, TaskId } from '../model/ids.ts'
import type { BlobRef } from '../model/refs.ts'
import { anything, count, fields, list, maybe, named, text } from '../model/shape.ts'
import type { SplitEnds } from '../model/task.ts'
import { parsedObject } from './ref-shape.ts'

/** What tasks of an open plan have answered: whoever goes on with the plan takes these answers for the winners. */
export interface StoredSeals {
  /** The execution that they are of: blocks of different ones must not meet. */
  readonly exec: ExecutionNumber
  readonly tasks: readonly SealedTask[]
  /** Where splits end, as far as reading has found it: by these answers, or by others that count no more. */
  readonly ends?: SplitEnds
  /** How far a search for records to set aside has come. */
  readonly trials?: readonly StoredTrial[]
}

/** A trial of such a search, and what it came to. */
export interface StoredTrial {
  /** A hash of what was tried. */
  readonly asked: string
  /** As it came; it is checked like any answer before it is used. */
  readonly answer: unknown
}

interface SealedTask {
  readonly task: TaskId
  readonly stage: number
  readonly partitions: readonly number[]
  /** As it came; it is checked like any answer before it is used. */
  readonly answer: unknown
}

/** The seals that an object holds. Throws `E_MANIFEST_CORRUPT`. */
export const decodeSeals = (bytes: Uint8Array, ref: BlobRef): StoredSeals =>
  parsedObject('Seals', bytes, ref, (value) =>
    fields({
      exec: count,
      tasks: list(fields({ task: text, stage: count, partitions: list(count), answer: anything })),
      ends: maybe(named(named(anything))),
      trials: maybe(list(fields({ asked: text, answer: anything }))),
    })(value),
  ) as StoredSeals
