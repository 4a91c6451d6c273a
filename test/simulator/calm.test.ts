import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WORKERS } from '../../lib/simulator/campaign.ts'
import { jobs, specialJobs } from '../../lib/simulator/jobs/jobs.ts'
import { simulate } from '../../lib/simulator/simulate.ts'

for (const job of [...jobs, ...specialJobs]) {
  for (const workers of [0, WORKERS]) {
    test(
      `without faults, job ${job.name} on ${workers} workers shows what the reference says, at ` +
        `${job.beforeCommit ? 'three' : 'two'} head writes a batch`,
      async () => {
        const result = await simulate({ job, seed: 7, workers, faults: 'none', ticks: 20 })
        assert.deepEqual(result.violations, [])
        assert.ok(
          result.headWrites <= (job.beforeCommit ? 3 : 2) * result.batches + 5,
          `${result.headWrites} head writes for ${result.batches} batches`,
        )
        assert.ok(result.batches >= 20)
      },
    )
  }
}
