import assert from 'node:assert/strict'
import { test } from 'node:test'
import { singleFaults, Tally } from '../../lib/simulator/campaign.ts'
import type { Job } from '../../lib/simulator/jobs/job.ts'
import { withoutStacks } from '../../lib/simulator/stackless.ts'

// A seventh of the time of a campaign; who looks into a finding runs its seed again, with them.
withoutStacks()

/** Every fault at every call of a short run of a job, one at a time; or every `stride`-th pair of call and fault. */
export const testSingleFaults = (job: Job, workers: number, stride = 1): void => {
  // Shuffles are objects only on workers.
  const title =
    workers === 0 ? 'F01, F21, F38, F57: any one fault at any call' : 'F22, F23, F30: one fault at a call on workers'
  test(`${title} of job ${job.name} changes nothing that it shows`, async () => {
    const tally = new Tally()
    await singleFaults(job, workers, tally, untilFound, stride)
    console.log(`job ${job.name}, ${workers} workers: ${tally.runs} runs, ${tally.batches} batches`)
    assertSound(tally)
  })
}

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
