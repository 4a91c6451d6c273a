import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomFaults, scenarioOf, SHAPES, Tally } from '../../lib/simulator/campaign.ts'
import { simulate } from '../../lib/simulator/simulate.ts'
import { longJobs, specialJobs } from '../../lib/simulator/jobs/jobs.ts'
import { assertSound, untilFound } from './findings.ts'

const first = Number(process.env['SLUICE_SEED'] ?? 1)

test(
  'two hundred runs with many faults end with every record counted once, and have met every shape of ' + 'trouble',
  async () => {
    const tally = new Tally()
    await randomFaults(first, first + 200, tally, untilFound)
    console.log(`seeds ${first} to ${first + 199}: ${tally.batches} batches`)
    assertSound(tally)
    assert.deepEqual(tally.missing(SHAPES), [])
  },
)

test('a window that does not fit into its manifests survives many faults', async () => {
  const tally = new Tally()
  await randomFaults(first, first + 4, tally, untilFound, longJobs)
  assertSound(tally)
})

test(
  'records that are set aside are one dead letter each, and outputs before the commit show what is ' +
    'committed, under many faults',
  async () => {
    const tally = new Tally()
    await randomFaults(first, first + 120, tally, untilFound, specialJobs)
    assertSound(tally)
    assert.ok(tally.happened.get('shown before its commit')! > 0)
  },
)

test('one seed always comes to the same trace', async () => {
  for (const seed of [first, first + 4]) {
    const [one, other] = [await simulate(scenarioOf(seed)), await simulate(scenarioOf(seed))]
    assert.equal(one.trace, other.trace)
  }
})
