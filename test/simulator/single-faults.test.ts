import { jobs } from '../../lib/simulator/jobs/jobs.ts'
import { testSingleFaults } from './findings.ts'

// Job b has most calls by far: a sample here, all of them in `single-faults.check.ts`.
const strides: Readonly<Record<string, number>> = { b: 3 }

for (const job of jobs) testSingleFaults(job, 0, strides[job.name])
