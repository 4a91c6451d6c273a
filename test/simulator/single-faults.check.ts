import { jobs } from '../../lib/simulator/jobs/jobs.ts'
import { testSingleFaults } from './findings.ts'

// What `npm test` takes a sample of, whole: minutes, so that it is a step of its own, `npm run test:faults`.
for (const job of jobs.filter(({ name }) => name === 'b')) testSingleFaults(job, 0)
