import { ObjectKeys } from '../../../checkpoint/object-keys.ts'
import { refsOf, callError } from '../../../checkpoint/ref-shape.ts'
import type { BlobStore } from '../../../host/blob-store.ts'
import type { Random } from '../../../host/random.ts'
import { anything, fields, type Shape } from '../../../model/shape.ts'
import type { BatchPlan, TaskReport, TaskSpec } from '../../../model/task.ts'
import { type Packed, pack, PACKED_BYTES_MAX, unpack } from './packed.ts'

/** A task on its way to the task function. The plan, which all tasks of a batch share, is packed once. */
export interface TaskMessage {
  readonly plan: Packed<BatchPlan>
  readonly task: Packed<Omit<TaskSpec, 'plan'>>
}

/**
 * Makes the messages of one coordinator. What is too big lies below `msg/` of the app; the next coordinator sweeps it.
 */
export class TaskMessages {
  readonly #blobs: BlobStore
  readonly #random: Random
  readonly #plans = new WeakMap<BatchPlan, Promise<Packed<BatchPlan>>>()

  constructor(blobs: BlobStore, random: Random) {
    this.#blobs = blobs
    this.#random = random
  }

  async encode({ plan, ...rest }: TaskSpec): Promise<TaskMessage> {
    return { plan: await this.#plan(plan), task: await pack(rest, this.#blobs, messageKey(plan, this.#random.newId())) }
  }

  #plan(plan: BatchPlan): Promise<Packed<BatchPlan>> {
    const packed = this.#plans.get(plan) ?? pack(plan, this.#blobs, messageKey(plan, this.#random.newId()))
    this.#plans.set(plan, packed)
    return packed
  }
}

/**
 * What a message says, from whoever sent it: nothing but objects of `app` is read for it, and what comes back may be
 * anything. Throws `E_TASK_SPEC` and `E_REF_SCOPE`.
 */
export async function decodeTask(message: unknown, app: string, blobs: BlobStore): Promise<unknown> {
  const packed: Shape = (value) =>
    fields({ value: anything })(value) === null ? null : fields({ ref: refsOf({ app })('message') })(value)
  const wrong = fields({ plan: packed, task: packed })(message)
  if (wrong !== null) throw callError('What this function was asked to run is not a task', wrong)
  const { plan, task } = message as TaskMessage
  return { ...(await unpack(task, blobs)), plan: await unpack(plan, blobs) }
}

export const encodeReport = (
  report: TaskReport,
  { plan }: TaskSpec,
  blobs: BlobStore,
  random: Random,
): Promise<Packed<TaskReport>> => pack(report, blobs, messageKey(plan, random.newId()), 2 * PACKED_BYTES_MAX)

const messageKey = ({ app, inc, batch }: BatchPlan, run: string): string => new ObjectKeys(app, inc).message(batch, run)
