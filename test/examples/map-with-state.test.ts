import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineServer, runExample, same, temporaryFolder } from './running-example.ts'

test('words that nobody says stay until the tenth batch, the first that looks for timeouts', async (t) => {
  const server = await LineServer.open(t)
  const program = runExample(t, 'map-with-state', '127.0.0.1', server.port, temporaryFolder(), 0.3, 1.5)
  const batches = await program.until('eleven batches', () => program.printed.length >= 11 && program.printed)
  for (const { lines } of batches.slice(0, 9))
    assert.ok(same(lines, ['(flink,100)', '(sparkstreaming,32)']), program.stdout)
  for (const { lines } of batches.slice(9)) assert.deepEqual(lines, [], program.stdout)
})

test('a word that is said is counted on top of its initial count, and does not time out', async (t) => {
  const server = await LineServer.open(t)
  const program = runExample(t, 'map-with-state', '127.0.0.1', server.port, temporaryFolder(), 0.3, 2.4)
  await program.until('four batches', () => program.printed.length >= 4)
  await server.send('flink,storm')
  await program.untilPrinted('(flink,101)', '(sparkstreaming,32)', '(storm,1)')
  await program.untilPrinted('(flink,101)', '(storm,1)')
})
