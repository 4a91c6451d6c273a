import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineServer, runExample, temporaryFolder } from './running-example.ts'

test('a killed program goes on from its checkpoint, and is set up either way', async (t) => {
  const server = await LineServer.open(t)
  const args = ['127.0.0.1', server.port, temporaryFolder(), 0.5] as const
  const killed = runExample(t, 'checkpoint-template', ...args)
  await server.send('a', 'b', 'a')
  await killed.untilPrinted('(a,2)', '(b,1)')
  await killed.kill()

  const program = runExample(t, 'checkpoint-template', ...args)
  await server.send('a')
  await program.untilPrinted('(a,3)', '(b,1)')
  for (const { stdout } of [killed, program]) assert.equal(stdout.split('Streaming started').length, 2)
})
