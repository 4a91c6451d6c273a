import type { DeadLetters } from '../model/dead-letter.ts'
import type { BatchNumber, OperatorUid } from '../model/ids.ts'
import type { Json } from '../model/json.ts'
import type { PublishPermit } from './publish-permit.ts'

/** Shows outputs where that is done: in the coordinator's process, or in a function of its own. */
export interface OutputPublisher {
  /**
   * What tasks of a batch added to accumulators. It counts once, when the batch is committed, and before what is shown
   * after that.
   */
  count(batch: BatchNumber, answers: readonly Additions[]): void
  /**
   * Shows outputs of the batch that the permit is for, one after the other in the order given; the same again when it
   * is called again. One that fails does not keep the others from being shown: the failures are the answer.
   */
  publish(permit: PublishPermit, outputs: readonly OperatorUid[], hooks: OutputHooks): Promise<OutputFailure[]>
}

/** What one task added: snapshots by accumulator. */
interface Additions {
  readonly accumulators: { readonly [accumulator: string]: Json }
}

export interface OutputFailure {
  readonly output: OperatorUid
  readonly error: unknown
}

/** Told when an output operation begins and ends: now, or at a time in ms where that is past. */
export interface OutputHooks {
  started(output: OperatorUid, at?: number): void
  completed(output: OperatorUid, error: unknown, at?: number): void
  /** Records that the output was shown without, as they were stored. */
  setAside?(output: OperatorUid, letters: DeadLetters): void
}
