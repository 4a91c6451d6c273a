import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wayOnStage } from '../../lib/cli/plan.ts'

for (const [way, onStage] of [
  [
    'give its state up: --drop-state clicks/mapWithState',
    "give its state up: app(…, { conf: { 'sluice.dropState': 'clicks/mapWithState' } })",
  ],
  ['go back to 10000 ms', 'go back to 10000 ms'],
] as const)
  test(`on a stage, which takes no flags of a run, "${way}" reads "${onStage}"`, () => {
    assert.equal(wayOnStage(way), onStage)
  })
