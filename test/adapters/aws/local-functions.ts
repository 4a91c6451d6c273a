import type { TestContext } from 'node:test'
import { awsClients } from '../../../lib/adapters/aws/clients.ts'
import { Functions } from '../../../lib/adapters/aws/lambda/functions.ts'
import { systemClock } from '../../../lib/adapters/local/system-clock.ts'
import { systemRandom } from '../../../lib/adapters/local/system-random.ts'
import { lambdaServer } from './lambda-server.ts'

Object.assign(process.env, { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' })

/** Functions of this process as the library calls them: through Lambda's client, over HTTP. */
export async function localFunctions(t: TestContext, handlers: Parameters<typeof lambdaServer>[0]): Promise<Functions> {
  const lambda = await lambdaServer(handlers)
  const clients = awsClients({ ...process.env, AWS_ENDPOINT_URL_LAMBDA: lambda.url })
  t.after(async () => {
    const { client } = await clients.lambda()
    client.destroy()
    await lambda.close()
  })
  return new Functions(clients, systemClock, systemRandom)
}
