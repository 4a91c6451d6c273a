import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { type Case, readCases } from './conformance/cases.ts'
import { deviations } from './conformance/deviations.ts'
import { runCases } from './conformance/run-cases.ts'

// Every case of `spark-cases` on the real engine, area by area. `npm run conformance -- <dir>` does the same for any
// directory.

const cases = readCases([fileURLToPath(new URL('spark-cases', import.meta.url))])

for (const [area, members] of Map.groupBy(cases, (each: Case) => each.area)) {
  test(`${area}: ${members.length} cases give what Spark gives`, async () => {
    assert.deepEqual((await runCases(members)).failed, [])
  })
}

test('a deviation names a step of a case that exists', () => {
  const nameless = deviations.filter(
    ({ id, step }) => cases.find((each) => each.id === id)?.steps?.[step] === undefined,
  )
  assert.deepEqual(nameless, [])
})
