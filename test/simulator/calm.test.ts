import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ticksOf, WORKERS } from '../../lib/simulator/campaign.ts'
import { furtherJobs, jobs, openJobs, specialJobs } from '../../lib/simulator/jobs/jobs.ts'
import { simulate } from '../../lib/simulator/simulate.ts'

for (const job of [...jobs, ...specialJobs]) {
  for (const workers of [0, WORKERS]) {
    test(
      `without faults, job ${job.name} on ${workers} workers shows what the reference says, at ` +
        `${job.beforeCommit ? 'three' : 'two'} head writes a batch`,
      async () => {
        const result = await simulate({ job, seed: 7, workers, faults: 'none', ticks: 12 })
        assert.deepEqual(result.violations, [])
        assert.ok(
          result.headWrites <= (job.beforeCommit ? 3 : 2) * result.batches + 5,
          `${result.headWrites} head writes for ${result.batches} batches`,
        )
        assert.ok(result.batches >= 12)
      },
    )
  }
}

test('what other jobs show without faults is what the reference says, also where calls take their time', async () => {
  for (const job of [...furtherJobs, ...openJobs]) {
    for (const workers of [0, WORKERS]) {
      for (const faults of ['none', 'slow'] as const) {
        // What an attempt wrote that then gave up lies there until the next start.
        if (faults === 'slow' && job.circumstances?.taskMs !== undefined) continue
        const { violations, batches } = await simulate({ job, seed: 7, workers, faults, ticks: ticksOf(job, 12) })
        assert.deepEqual(violations, [], `job ${job.name} on ${workers} workers, ${faults}`)
        assert.ok(batches >= 12, `job ${job.name}: ${batches} batches`)
      }
    }
  }
})
