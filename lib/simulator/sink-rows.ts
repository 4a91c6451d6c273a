/** A row that a sink holds, and the batch that it is of. */
export type SinkRow = readonly [batch: number, record: unknown]

/** Reports a write of a batch that is not committed yet; throws where the sink takes nothing. */
export type MayWrite = (batch: number) => void
