import type { OperatorUid } from '../model/ids.ts'
import type { PublishPermit } from './publish-permit.ts'

/** Shows outputs where that is done: in the coordinator's process, or in a function of its own. */
export interface OutputPublisher {
  /**
   * Shows one output of the batch that the permit is for; the same again when it is called again. Rejects with what
   * kept it from being shown.
   */
  publish(permit: PublishPermit, output: OperatorUid): Promise<void>
}
