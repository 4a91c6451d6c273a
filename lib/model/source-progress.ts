import type { Json } from './json.ts'

/** How far a source has come with a batch, and how much that leaves for later ones. Not in Spark. */
export interface SourceProgress {
  /** Where the next batch goes on, as users of the source say it: offsets by topic and partition, numbers by shard. */
  readonly committed: Json
  /** Where the input ended when it was last looked at, in the same form; `null` where nobody says. */
  readonly newest: Json | null
  /** Records between the two; `null` where they cannot be counted without reading. */
  readonly lagRecords: number | null
  /** How much older than the newest record the last one read is, in ms; `null` where nobody says. */
  readonly lagMs: number | null
}
