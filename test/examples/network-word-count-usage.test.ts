import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineServer, runExample } from './running-example.ts'

test('without host and port it says how it is used, and fails', async (t) => {
  const program = runExample(t, 'network-word-count-usage', 'localhost')
  assert.equal(await program.ended(), 255)
  assert.match(program.stderr, /Usage: network-word-count-usage.ts <hostname> <port>\n/)
  assert.equal(program.stdout, '')
})

test('with host and port it counts words', async (t) => {
  const server = await LineServer.open(t)
  const program = runExample(t, 'network-word-count-usage', '127.0.0.1', server.port, 0.5)
  await server.send('hello world', 'hello streams')
  await program.untilPrinted("('hello', 2)", "('world', 1)", "('streams', 1)")
})
