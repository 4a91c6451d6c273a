import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { awsClients } from '../../../../lib/adapters/aws/clients.ts'
import { Functions } from '../../../../lib/adapters/aws/lambda/functions.ts'
import { systemClock } from '../../../../lib/adapters/local/system-clock.ts'
import { systemRandom } from '../../../../lib/adapters/local/system-random.ts'
import { isOurs } from '../../../../lib/model/errors.ts'

Object.assign(process.env, { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' })

test('an answer of a function that is no JSON, or cut off, is none, and says which function gave it', async (t) => {
  const bodies = ['{"kind":"done","val', '<html>']
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end(bodies.shift()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const AWS_ENDPOINT_URL_LAMBDA = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clients = awsClients({ ...process.env, AWS_ENDPOINT_URL_LAMBDA })
  t.after(async () => {
    const { client } = await clients.lambda()
    client.destroy()
    server.closeAllConnections()
    server.close()
  })
  const functions = new Functions(clients, systemClock, systemRandom)
  while (bodies.length > 0)
    await assert.rejects(
      functions.call('clicks-dev-task', {}),
      (error) => isOurs(error) && error.code === 'E_FUNCTION_UNANSWERED' && /clicks-dev-task/.test(error.message),
    )
})
