import { WORKERS } from '../../lib/simulator/campaign.ts'
import { jobs, specialJobs } from '../../lib/simulator/jobs/jobs.ts'
import { testSingleFaults } from './findings.ts'

// There are so many calls here that pairs of call and fault are sampled; all of g, h and i stand in
// `single-faults-workers.check.ts`, and `npm run simulate -- --single` takes all of every job, each night.
const strides: Readonly<Record<string, number>> = { a: 3, b: 25, c: 5, e: 12, f: 8, g: 5, h: 5, i: 4 }

for (const job of [...jobs, ...specialJobs]) testSingleFaults(job, WORKERS, strides[job.name])
