import { test } from 'node:test'
import { singleFaults, Tally } from '../../lib/simulator/campaign.ts'
import { jobs } from '../../lib/simulator/jobs/jobs.ts'
import { assertSound, untilFound } from './findings.ts'

for (const job of jobs) {
  test(`any one fault at any call of job ${job.name} changes nothing that it shows`, async () => {
    const tally = new Tally()
    await singleFaults(job, 0, tally, untilFound)
    console.log(`job ${job.name}: ${tally.runs} runs, ${tally.batches} batches`)
    assertSound(tally)
  })
}
