import { test } from 'node:test'
import { LineServer, runExample } from './running-example.ts'

test('visits of users with a paid plan are printed with that plan', async (t) => {
  const server = await LineServer.open(t)
  const program = runExample(t, 'static-join', '127.0.0.1', server.port, 'examples/data/users.txt', 0.5)
  await server.send('ada /', 'bob /cart', 'cleo /help', 'nobody /')
  await program.untilPrinted('(ada,(/,pro))', '(cleo,(/help,team))')
  await server.send('ada /news')
  await program.untilPrinted('(ada,(/news,pro))')
})
