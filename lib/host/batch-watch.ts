/** A batch as it begins. */
export interface WatchedBatch {
  readonly batch: number
  /** One for each partition of each stage, as Spark counts them. */
  readonly tasks: number
  /** `null` where reading alone finds how many there are. */
  readonly records: number | null
}

/**
 * Who looks on while a batch runs. Called by whoever runs it, for every batch and every chunk of records, so each call
 * does next to nothing.
 */
export interface BatchWatch {
  /** `batch` is asked for where something is said of it. */
  began(batch: () => WatchedBatch): void
  /** So many more tasks are done. */
  done(tasks: number): void
  /** So many more records are read. */
  read(records: number): void
  ended(): void
}
