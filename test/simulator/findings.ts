import assert from 'node:assert/strict'
import type { Tally } from '../../lib/simulator/campaign.ts'
import { withoutStacks } from '../../lib/simulator/stackless.ts'

// A seventh of the time of a campaign; who looks into a finding runs its seed again, with them.
withoutStacks()

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
