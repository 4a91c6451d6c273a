import { test } from 'node:test'
import { singleFaults, Tally, WORKERS } from '../../lib/simulator/campaign.ts'
import { jobs, specialJobs } from '../../lib/simulator/jobs/jobs.ts'
import { assertSound, untilFound } from './findings.ts'

// There are so many calls here that pairs of call and fault are sampled; `npm run simulate -- --single` takes them all,
// each night.
const strides: Record<string, number> = { a: 3, b: 25, c: 5, e: 12, f: 8, g: 5, h: 5, i: 4 }

for (const job of [...jobs, ...specialJobs]) {
  test(`one fault at a call of job ${job.name} on workers changes nothing that it shows`, async () => {
    const tally = new Tally()
    await singleFaults(job, WORKERS, tally, untilFound, strides[job.name] ?? 1)
    console.log(`job ${job.name} on workers: ${tally.runs} runs, ${tally.batches} batches`)
    assertSound(tally)
  })
}
