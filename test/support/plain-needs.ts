import type { ProgramNeeds } from '../../lib/hosts/serverless/needs.ts'

/** Of a program whose batches come once a minute, which receives nothing and keeps to the stage's own bucket. */
export const plainNeeds: ProgramNeeds = {
  intervalMs: 60_000,
  byEvents: false,
  reads: [],
  writes: [],
  receivers: [],
  rights: { sources: [], outputs: [] },
}
