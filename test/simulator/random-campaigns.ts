import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FURTHER_SHAPES, randomFaults, SHAPES, Tally } from '../../lib/simulator/campaign.ts'
import type { Job } from '../../lib/simulator/jobs/job.ts'
import { briefJobs, furtherJobs, jobs, longJobs, openJobs, specialJobs } from '../../lib/simulator/jobs/jobs.ts'
import { shortLives } from '../../lib/simulator/jobs/short-lives.ts'
import { assertSound, untilFound } from './findings.ts'

/** What runs with many faults must come to, and what they must have met: else they have shown nothing. */
interface Campaign {
  readonly sentence: string
  readonly jobs: readonly Job[]
  /** Runs of each half. */
  readonly runs: number
  readonly meets?: readonly string[]
  /** What of it is so seldom that the second half has to meet it; all else has the first. */
  readonly seldom?: readonly string[]
}

const campaigns: readonly Campaign[] = [
  {
    sentence: 'F64, F70: runs with many faults end with every record counted once, and have met every shape of trouble',
    jobs,
    runs: 100,
    meets: SHAPES,
  },
  {
    sentence: 'a window that does not fit into its manifests survives many faults',
    jobs: longJobs,
    runs: 2,
  },
  {
    sentence:
      'records that are set aside are one dead letter each, and outputs before the commit show what is committed, ' +
      'under many faults',
    jobs: specialJobs,
    runs: 60,
    meets: ['shown before its commit'],
  },
  {
    sentence: 'other sources, sinks, lives and places come out equal, and meet what they are there for',
    jobs: furtherJobs,
    runs: 4 * furtherJobs.length,
    meets: FURTHER_SHAPES,
    seldom: ['message repeated'],
  },
  {
    sentence: 'every job comes out equal with ends that reading finds and coordinators that hand over',
    jobs: openJobs,
    runs: 4 * openJobs.length,
    meets: ['handover', 'shown before its commit', 'task retried', 'sink away'],
  },
  {
    sentence: 'every job comes out equal with coordinators that live for one batch and fold its writes',
    jobs: briefJobs,
    runs: 3 * briefJobs.length,
    meets: ['taken with its commit', 'marked with its release', 'garbage collected', 'fenced', 'crash-after head'],
  },
  {
    sentence: 'F18: batches longer than a coordinator are handed over, and count once',
    jobs: shortLives,
    runs: 30,
    meets: ['handed over in a batch'],
  },
]

/** The seed that everything begins with. */
export const first = Number(process.env['SLUICE_SEED'] ?? 1)

/** The first half is in `npm test`; the second is a step of its own, `npm run test:faults`. */
export function testRandomFaults(half: 'first' | 'second'): void {
  for (const { sentence, jobs: own, runs, meets = [], seldom = [] } of campaigns) {
    test(sentence, async () => {
      const from = half === 'first' ? first : first + runs
      const tally = new Tally()
      await randomFaults(from, from + runs, tally, untilFound, own)
      console.log(`seeds ${from} to ${from + runs - 1}: ${tally.batches} batches`)
      assertSound(tally)
      const asked = half === 'first' ? meets.filter((shape) => !seldom.includes(shape)) : seldom
      assert.deepEqual(tally.missing(asked), [])
    })
  }
}
