import { test } from 'node:test'
import { LineServer, runExample, temporaryFolder } from './running-example.ts'

test('three more of a word that came twice make five', async (t) => {
  const server = await LineServer.open(t)
  const program = runExample(t, 'update-state-by-key', '127.0.0.1', server.port, temporaryFolder(), 0.5)
  await server.send('hadoop,hadoop')
  await program.untilPrinted('(hadoop,2)')
  await server.send('hadoop,hadoop,hadoop')
  await program.untilPrinted('(hadoop,5)')
})
