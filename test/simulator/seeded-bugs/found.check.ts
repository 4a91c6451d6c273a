import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bugs } from './bugs.ts'
import { hunt, tableOf } from './hunt.ts'

test('the simulator finds every bug that was put in on purpose', async () => {
  const hunts = await hunt(bugs)
  console.log(tableOf(hunts))
  assert.ok(bugs.length >= 90)
  assert.deepEqual(
    hunts.filter(({ check }) => check === null).map(({ bug }) => bug.name),
    [],
  )
})
