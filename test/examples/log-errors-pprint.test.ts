import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkErrorCounts } from './log-errors.ts'

test('printed the Python way, headers show local time, and the counts are the same', async (t) => {
  const program = await checkErrorCounts(t, 'log-errors-pprint')
  for (const { time } of program.printed) assert.match(time, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
  assert.match(program.stdout, /^Stream processing logic start\nStream processing logic end\n-/)
})
