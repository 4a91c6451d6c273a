/**
 * Numbers and texts that name different things are different types, so that a tick is never taken for a batch, nor an
 * output for an app. The mark is never there at run time, and a plain number or text becomes any of them: what comes
 * from arithmetic, from JSON or from a test needs no cast (decision 15).
 */
declare const mark: unique symbol
type Id<Base, Name extends string> = Base & { readonly [mark]?: Name }

/** A batch of an app: 1, 2, 3, … without gaps. */
export type BatchNumber = Id<number, 'batch'>
/** A point of the grid of batch times, counted from the zero time; a tick that was skipped has no batch. */
export type TickNumber = Id<number, 'tick'>
/** A stage, numbered within its batch. */
export type StageId = Id<number, 'stage'>
/** A shuffle, numbered within its batch. */
export type ShuffleId = Id<number, 'shuffle'>
/** A partition of a stage or of an operator. */
export type PartitionId = Id<number, 'partition'>
/** How often a task of a plan was launched before. */
export type ExecutionNumber = Id<number, 'execution'>
/** A task, named within its batch. */
export type TaskId = Id<string, 'task'>
/** One execution of one task: drawn by the process that executes it. */
export type ExecutionId = Id<string, 'execution'>
/** An operator, a source or an output of a program. */
export type OperatorUid = Id<string, 'operator'>
export type AppName = Id<string, 'app'>
/** One life of an app's state: it ends where the app begins anew. */
export type Incarnation = Id<string, 'incarnation'>
