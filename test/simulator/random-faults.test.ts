import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FURTHER_SHAPES, randomFaults, scenarioOf, SHAPES, Tally } from '../../lib/simulator/campaign.ts'
import { simulate } from '../../lib/simulator/simulate.ts'
import { briefJobs, furtherJobs, longJobs, openJobs, specialJobs } from '../../lib/simulator/jobs/jobs.ts'
import { shortLives } from '../../lib/simulator/jobs/short-lives.ts'
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

test('other sources, sinks, lives and places come out equal, and meet what they are there for', async () => {
  const tally = new Tally()
  await randomFaults(first, first + 8 * furtherJobs.length, tally, untilFound, furtherJobs)
  console.log(`further jobs: ${tally.runs} runs, ${tally.batches} batches`)
  assertSound(tally)
  assert.deepEqual(tally.missing(FURTHER_SHAPES), [])
})

test('every job comes out equal with ends that reading finds and coordinators that hand over', async () => {
  const tally = new Tally()
  await randomFaults(first, first + 8 * openJobs.length, tally, untilFound, openJobs)
  console.log(`open jobs: ${tally.runs} runs, ${tally.batches} batches`)
  assertSound(tally)
  assert.deepEqual(tally.missing(['handover', 'shown before its commit', 'task retried', 'sink away']), [])
})

test('every job comes out equal with coordinators that live for one batch and fold its writes', async () => {
  const tally = new Tally()
  await randomFaults(first, first + 6 * briefJobs.length, tally, untilFound, briefJobs)
  console.log(`brief jobs: ${tally.runs} runs, ${tally.batches} batches`)
  assertSound(tally)
  assert.deepEqual(
    tally.missing([
      'taken with its commit',
      'marked with its release',
      'garbage collected',
      'fenced',
      'crash-after head',
    ]),
    [],
  )
})

test('F18: batches longer than a coordinator are handed over, and count once', async () => {
  const tally = new Tally()
  await randomFaults(first, first + 60, tally, untilFound, shortLives)
  assertSound(tally)
  assert.ok(tally.happened.get('handed over in a batch')! > 0)
})

test('one seed always comes to the same trace', async () => {
  for (const seed of [first, first + 4]) {
    const [one, other] = [await simulate(scenarioOf(seed)), await simulate(scenarioOf(seed))]
    assert.equal(one.trace, other.trace)
  }
})
