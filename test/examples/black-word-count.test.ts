import { test } from 'node:test'
import { LineServer, runExample } from './running-example.ts'

test('`a $ b ! a ?` counts a twice and b once', async (t) => {
  const server = await LineServer.open(t)
  const program = runExample(t, 'black-word-count', '127.0.0.1', server.port, 0.5)
  await server.send('a $ b ! a ?')
  await program.untilPrinted('(a,2)', '(b,1)')
})
