import assert from 'node:assert/strict'
import type { Tally } from '../../lib/simulator/campaign.ts'

/** Says for each violation how to see it again. */
export function assertSound(tally: Tally): void {
  const found = tally.findings.map(({ scenario: { job, seed, workers, faults }, violation, lines }) =>
    [
      `job ${job.name}, seed ${seed}, ${workers} workers, faults ${JSON.stringify(faults)}: ` +
        `${violation.check}: ${violation.what}`,
      ...lines.slice(-25),
    ].join('\n'),
  )
  assert.deepEqual(found, [])
}

/** Ends a campaign once a violation has been found: one is enough to look at. */
export const untilFound = { onRun: (tally: Tally): boolean => tally.findings.length === 0 }
