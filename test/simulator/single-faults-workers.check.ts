import { WORKERS } from '../../lib/simulator/campaign.ts'
import { specialJobs } from '../../lib/simulator/jobs/jobs.ts'
import { testSingleFaults } from './findings.ts'

// What `npm test` takes a sample of, whole: minutes, so that it is a step of its own, `npm run test:faults`.
for (const job of specialJobs.filter(({ name }) => ['g', 'h', 'i'].includes(name))) testSingleFaults(job, WORKERS)
