import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { LineServer, runExample } from './running-example.ts'

const plans: Readonly<Record<string, string>> = { ada: 'pro', bob: 'free', cleo: 'pro' }

/** A service of users; the first request for `cleo` is answered with 503, each for `broken` with 500. */
async function userService(t: TestContext): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const user = request.url!.slice('/users/'.length)
    asked.push(user)
    const isBusy = user === 'cleo' && asked.filter((each) => each === user).length === 1
    const plan = plans[user]
    response.statusCode = isBusy ? 503 : user === 'broken' ? 500 : plan === undefined ? 404 : 200
    response.end(JSON.stringify({ plan }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/users/`, asked }
}

for (const workers of [0, 2])
  test(`users are looked up at a web service in ${workers} task threads; one that fails is set aside`, async (t) => {
    const { url, asked } = await userService(t)
    const lines = await LineServer.open(t)
    const program = runExample(t, 'enrich', '127.0.0.1', lines.port, url, 0.5, '--workers', workers)
    await lines.send('ada /', 'bob /cart', 'cleo /help', 'nobody /')
    await program.untilPrinted('(pro,2)', '(free,1)', '(unknown,1)')
    assert.equal(asked.filter((user) => user === 'cleo').length, 2)
    await lines.send('broken /', 'bob /')
    await program.untilPrinted('(free,1)')
    await program.until('the dead letter', () => /answered 500.*4 attempts/.test(program.stderr + program.stdout))
  })
