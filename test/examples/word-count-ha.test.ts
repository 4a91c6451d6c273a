import { test } from 'node:test'
import { LineServer, runExample, temporaryFolder } from './running-example.ts'

test('counts survive the death of the process', async (t) => {
  const server = await LineServer.open(t)
  const args = ['127.0.0.1', server.port, temporaryFolder(), 0.5] as const
  const killed = runExample(t, 'word-count-ha', ...args)
  await server.send('hadoop,spark,hadoop')
  await killed.untilPrinted('(hadoop,2)', '(spark,1)')
  await killed.kill()

  const program = runExample(t, 'word-count-ha', ...args)
  await program.untilPrinted('(hadoop,2)', '(spark,1)')
  await server.send('hadoop,hive')
  await program.untilPrinted('(hadoop,3)', '(spark,1)', '(hive,1)')
})
