import { test } from 'node:test'
import { LineServer, runExample } from './running-example.ts'

test('reception goes on after the server was stopped and started again', async (t) => {
  const server = await LineServer.open(t)
  const program = runExample(t, 'custom-receiver', '127.0.0.1', server.port, 0.5)
  await server.send('hadoop,spark', 'hadoop')
  await program.untilPrinted('(hadoop,2)', '(spark,1)')
  server.close()
  await program.untilSaid('Trying to connect again')
  const again = await LineServer.open(t, server.port)
  await again.send('flink,hadoop')
  await program.untilPrinted('(flink,1)', '(hadoop,1)')
})
