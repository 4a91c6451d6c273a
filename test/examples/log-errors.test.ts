import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkErrorCounts, errors, warnings } from './log-errors.ts'
import { LineServer, runExample, temporaryFolder } from './running-example.ts'

test('of four errors and four warnings, the errors are printed and counted', async (t) => {
  const server = await LineServer.open(t)
  const program = runExample(t, 'log-errors', '127.0.0.1', server.port, temporaryFolder(), 1.5, 0.5)
  await server.send(...errors.flatMap((error, i) => [error, warnings[i]]))
  const batch = await program.untilPrinted(...errors)
  const count = await program.until('the count', () =>
    program.printed.find(({ time, lines }) => time === batch.time && lines[0] === '4'),
  )
  assert.deepEqual(count.lines, ['4'])
})

test('an error in each of two batches, then silence: 1, 2, 2, 1, 0; before the first error, no count', async (t) => {
  const program = await checkErrorCounts(t, 'log-errors')
  const [said] = program.stdout.split('-'.repeat(43), 1)
  assert.equal(said, 'Stream processing logic start\nStream processing logic end\n', 'before any batch')
  assert.equal(program.stdout.split('Stream processing logic').length, 3, 'once')
})
