/** What surrounds a job besides faults: the same in every run of a seed. */
export interface Circumstances {
  /** Tasks run inside the coordinator only: lives of the program differ in their partitions. */
  readonly inline?: true
  /** Hosts that each keep a coordinator of their own running, and cannot see each other's processes. */
  readonly hosts?: number
  /** How wrong the clock of a host is at most, either way, in ms. */
  readonly clockOffMs?: number
  /** Intervals for which nobody runs now and then, at most. */
  readonly breaks?: number
  /** Intervals for which somebody pauses the app now and then, at most. */
  readonly pauses?: number
  /** How often a task that fails is tried; 4 if it is left out. */
  readonly attempts?: number
  /** Batches after which a coordinator lets go of the app and another one goes on. */
  readonly handover?: number
  /** How long a coordinator lives at most, in ms; a batch that takes longer is handed over. */
  readonly lifeMs?: number
  /** Coordinators take the app with the commit of what is due, and let go with the mark. */
  readonly brief?: true
  /** Outputs are shown by processes of their own, which are asked by message. */
  readonly asked?: true
  /** Coordinators live long enough to wait for a place that is away. */
  readonly patient?: true
  /** When a task gives up by itself, in ms after it was begun. */
  readonly taskMs?: number
}
