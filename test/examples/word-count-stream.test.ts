import { test } from 'node:test'
import { LineServer, runExample } from './running-example.ts'

test('words between commas are counted', async (t) => {
  const server = await LineServer.open(t)
  const program = runExample(t, 'word-count-stream', '127.0.0.1', server.port, 0.5)
  await server.send('hadoop,spark', 'hadoop,hive')
  await program.untilPrinted('(hadoop,2)', '(spark,1)', '(hive,1)')
})
