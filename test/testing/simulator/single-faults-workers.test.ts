import { test } from 'node:test'
import { singleFaults, Tally, WORKERS } from '../../../lib/testing/simulator/campaign.ts'
import { jobs } from '../../../lib/testing/simulator/jobs/jobs.ts'
import { assertSound, untilFound } from './findings.ts'

// Job b makes so many calls here that its pairs of call and fault are sampled; `npm run simulate -- --single --job b` takes them all.
const strides: Record<string, number> = { b: 25 }

for (const job of jobs) {
  test(`any one fault at any call of job ${job.name} on workers changes nothing that it shows`, async () => {
    const tally = new Tally()
    await singleFaults(job, WORKERS, tally, untilFound, strides[job.name] ?? 1)
    console.log(`job ${job.name} on workers: ${tally.runs} runs, ${tally.batches} batches`)
    assertSound(tally)
  })
}
