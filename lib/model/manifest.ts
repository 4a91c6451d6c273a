import type { BatchNumber, OperatorUid, PartitionId, TickNumber } from './ids.ts'
import type { DeadLetters, RecordNumbers } from './dead-letter.ts'
import type { Json } from './json.ts'
import type { BlobRef } from './refs.ts'

/**
 * What one source contributes to one batch: fixed by the plan, read by tasks, repeated identically at every attempt.
 */
export interface Cut<Position = Json, Split = Json> {
  /** Where the next batch goes on. */
  readonly position: Position
  /** One entry per partition: enough for any process to read exactly these records again. */
  readonly splits: readonly Split[]
  /** Records in the cut when the source knows before reading. */
  readonly records: number | null
  /** Shown on the batch page and to listeners. */
  readonly description?: string
  /** Where the source's input ended when the cut was made, for `Source.progress`. */
  readonly newest?: Json
}

/** Durable state of one key-group range of one operator: a snapshot (if any) and the deltas on top, oldest first. */
export interface StateChain {
  readonly from: number
  /** Exclusive. */
  readonly to: number
  /** Keys in the state that `blocks` add up to. */
  readonly keys: number
  readonly blocks: readonly StateBlock[]
}

export interface StateBlock {
  readonly kind: 'snapshot' | 'delta'
  readonly batch: BatchNumber
  readonly ref: BlobRef
  readonly keys: number
  /** Of a delta: key groups, from and to (exclusive), of which it holds all keys and not only what changed. */
  readonly whole?: readonly (readonly [number, number])[]
}

/** The records of one stream at one past batch time, kept because a window or `remember` may still ask for them. */
export interface RetainedBatch {
  readonly time: number
  readonly parts: readonly BlobRef[]
}

/** Content of one output operation and partition, fixed before anyone outside sees it. */
export interface StagedPart {
  readonly partition: PartitionId
  readonly records: number
  readonly ref: BlobRef | null
}

export interface OperatorState {
  readonly chains: readonly StateChain[]
  /** Windows only: per key-group range, the reduced batches still inside the window, oldest first. */
  readonly panes?: readonly PaneList[]
  /** Windows only: the time of the last slide that `chains` reflects. */
  readonly slideTime?: number
  /** Version of the schema of the values; 1 if it is left out. */
  readonly version?: number
}

/**
 * What became of state and positions because the program had changed: names of operators, of sources, and of the
 * records that windows keep.
 */
export interface StateChange {
  /** Old name to new. */
  readonly moved: { readonly [name: string]: string }
  readonly dropped: readonly string[]
}

/** A run of panes written down once, so that a manifest does not name each of a long window's panes again. */
export interface PanePack {
  readonly operator: OperatorUid
  readonly from: number
  readonly to: number
  /** Time of its newest pane: the panes up to here are in this pack or an earlier one. */
  readonly last: number
  readonly ref: BlobRef
}

export interface PaneList {
  readonly from: number
  readonly to: number
  readonly panes: readonly { readonly time: number; readonly ref: BlobRef }[]
  /** Stored form only: older panes, from this time on, are in packs. */
  readonly since?: number
}

/** Everything batch `batch` decided. Written once; committing it is one compare-and-swap of the head. */
export interface Manifest {
  /** Of the form in which it is stored. */
  readonly format: 1 | 2
  readonly batch: BatchNumber
  /**
   * Number of intervals since the app's zero time; rises with every batch, with gaps where ticks were missed on
   * purpose.
   */
  readonly tick: TickNumber
  /** Batch time: milliseconds since the epoch. */
  readonly time: number
  readonly nonce: string
  /** The manifest this one was built on; null for the first. */
  readonly base: string | null
  readonly graph: string
  /** The `GraphFacts` of the graph that made it; manifests of earlier versions have none. */
  readonly facts?: BlobRef
  /** Only where the program has changed since the manifest before: applied to that one before anything else. */
  readonly change?: StateChange
  readonly cuts: { readonly [source: string]: Cut | null }
  /** Positions of every source after this batch (also of those that contributed nothing). */
  readonly positions: { readonly [source: string]: Json }
  /** Results of actions that ran inside `transform`, encoded, in call order per operator. */
  readonly actions: { readonly [operator: string]: readonly string[] }
  /** Records of the cuts that were set aside. */
  readonly skip?: RecordNumbers
  /** Open dead letters of this batch and those before, oldest first. */
  readonly deadLetters?: readonly DeadLetters[]
  readonly state: { readonly [operator: string]: OperatorState }
  /** Panes that stand in packs are in `state` as well; only the stored form leaves them out. */
  readonly packs?: readonly PanePack[]
  readonly retained: { readonly [stream: string]: readonly RetainedBatch[] }
  readonly outputs: { readonly [output: string]: readonly StagedPart[] }
  /** Of these, what was shown before the commit. */
  readonly beforeCommit?: readonly string[]
  readonly records: { readonly [source: string]: number }
  /** How many objects of state, kept records and outputs are this batch's own; earlier versions did not say. */
  readonly wrote?: number
  /** What backpressure has learned, by source; only where it is on. */
  readonly rates?: { readonly [source: string]: LearnedRate }
}

/** How fast a source may go, and what the next estimate rests on. */
export interface LearnedRate {
  /** Records per second; `null`: no limit yet. */
  readonly rate: number | null
  /** The last batch that taught something: when it was done, its rate in records per second, and the error of that. */
  readonly latest: { readonly time: number; readonly rate: number; readonly error: number } | null
}
