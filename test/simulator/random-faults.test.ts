import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scenarioOf } from '../../lib/simulator/campaign.ts'
import { simulate } from '../../lib/simulator/simulate.ts'
import { first, testRandomFaults } from './random-campaigns.ts'

testRandomFaults('first')

test('one seed always comes to the same trace', async () => {
  for (const seed of [first, first + 4]) {
    const [one, other] = [await simulate(scenarioOf(seed)), await simulate(scenarioOf(seed))]
    assert.equal(one.trace, other.trace)
  }
})
