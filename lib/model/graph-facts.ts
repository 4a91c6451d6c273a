import type { OperatorUid } from './ids.ts'

/**
 * What a graph is, as far as it matters to what is stored: written down by the first batch that it commits, and
 * compared with the graph of every later start. Plain data, so that two versions of a program can be compared without
 * running either.
 */
export interface GraphFacts {
  readonly format: 1
  readonly batchMs: number
  /** State is cut into this many key groups. */
  readonly keyGroups: number
  /** In order of creation, those that lead to an output. */
  readonly operators: readonly OperatorFacts[]
}

export interface OperatorFacts {
  readonly uid: OperatorUid
  /** Whether the uid is its own; a record-wise step has the uid of the operator it follows. */
  readonly own: boolean
  /**
   * Whether the program gives the uid; others follow from the place in the graph, and are numbered where several share
   * one.
   */
  readonly named: boolean
  readonly kind: string
  /** Indices in `operators`. */
  readonly parents: readonly number[]
  readonly slideMs: number
  readonly partitioner?: PartitionerFacts
  /** Its former uid, if the program names one. */
  readonly was?: string
  readonly state?: { readonly version: number; readonly migrates: boolean }
  readonly window?: WindowFacts
  readonly source?: SourceFacts
  readonly output?: { readonly guarantee: 'exactly-once' | 'at-least-once' }
}

interface PartitionerFacts {
  /** What decides where a key goes; `hash` goes by key groups, so that any number of partitions will do. */
  readonly id: string
  readonly partitions: number
}

interface WindowFacts {
  readonly lengthMs: number
  readonly paneMs: number
  readonly inverse: boolean
  /** Under which name the records of past batches are kept, for windows that keep records. */
  readonly keeps?: string
}

interface SourceFacts {
  readonly name: string
  /** What its positions are positions in: a directory, a bucket with a prefix; `null` where it does not say. */
  readonly identity: string | null
  /** It receives on its own, and its positions say nothing about the sender. */
  readonly receives: boolean
}
