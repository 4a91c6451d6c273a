import type { DeadLetters } from './dead-letter.ts'
import type { AppName, BatchNumber, Incarnation, OperatorUid, TickNumber } from './ids.ts'
import type { BlobRef } from './refs.ts'

/**
 * The value of the one register of an app. It is small, it is the only thing that moves, and everything else is
 * reachable from it. `rev` lives in the store; `inc` is raised only when an app is created anew and is part of every
 * name.
 */
export interface Head {
  readonly app: AppName
  readonly inc: Incarnation
  /** +1 per takeover. */
  readonly epoch: number
  readonly holder: string | null
  /** How often the app was taken over since the last commit; absent for never. */
  readonly idle?: number
  /** A hint that saves work, never a safety argument. */
  readonly leaseUntil: number
  /** Fingerprint of the graph that runs. */
  readonly graph: string
  readonly intervalMs: number
  /** The time of tick 0: the first batch ends one interval later. */
  readonly zeroTime: number
  readonly conf: { readonly [key: string]: string }
  /** Last committed batch; 0 before the first. */
  readonly committed: BatchNumber
  /** Tick of the last committed batch. */
  readonly tick: TickNumber
  readonly manifest: BlobRef | null
  /**
   * The next batch, where its plan was fixed before it runs: whoever holds the head must finish exactly this one.
   * Absent otherwise.
   */
  readonly plan?: OpenPlan
  /** Every output of batches up to here has been delivered or is owed. */
  readonly outDone: BatchNumber
  /** Outputs that failed and were set aside so that later batches could go on; delivered again on the next start. */
  readonly owed: readonly OwedOutput[]
  /** Records that outputs of committed batches were shown without; the next manifest takes them. Absent for none. */
  readonly letters?: readonly DeadLetters[]
  /** Objects of batches up to here may have been deleted. */
  readonly gcFloor: BatchNumber
  readonly halt: { readonly reason: string; readonly batch: BatchNumber } | null
}

/** A plan that may not be replaced, because outputs show what comes of it before it is committed. */
export interface OpenPlan {
  readonly nonce: string
  readonly tick: TickNumber
  /** What the batch reads, as JSON. */
  readonly content: BlobRef
  /** What tasks have answered already, as JSON: a coordinator ended before the batch did. */
  readonly seals?: BlobRef
  /** Nothing of it is shown before the commit, so that a changed program may drop it. */
  readonly hidden?: true
}

/** An output that is shown before the commit: the open plan that it is of, and the manifest that is to be committed. */
export interface BeforeCommit {
  readonly plan: string
  readonly manifest: BlobRef
}

export interface OwedOutput {
  readonly batch: BatchNumber
  readonly output: OperatorUid
  readonly manifest: BlobRef
}

/**
 * How long a coordinator works before it shows that it holds the app, if it means to show that with its commit only.
 * Two that both found the app free do no more than this in vain.
 */
export const SILENT_MS = 5000
