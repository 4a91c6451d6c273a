import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineServer, runExample, same, temporaryFolder } from './running-example.ts'

test('initial counts are printed before any input, and totals stay over empty batches', async (t) => {
  const server = await LineServer.open(t)
  const program = runExample(t, 'stateful-network-word-count', '127.0.0.1', server.port, temporaryFolder(), 0.5)
  const [first] = await program.untilMore(1)
  assert.ok(same(first.lines, ["('hello', 1)", "('world', 1)"]), program.stdout)
  await server.send('hello spark', 'hello')
  const totals = ["('hello', 3)", "('world', 1)", "('spark', 1)"]
  await program.untilPrinted(...totals)
  for (const { lines } of await program.untilMore(2)) assert.ok(same(lines, totals), program.stdout)
})
