import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Serverless } from '../../../lib/hosts/serverless/serverless-cli.ts'
import { StageOnAws } from '../../../lib/hosts/serverless/stage-on-aws.ts'

/** A coordinator function and the rule that wakes it, as Lambda and EventBridge answer of them over HTTP. */
interface Deployed {
  /** `null`: nothing is kept for it. */
  concurrency: number | null
  rule: 'ENABLED' | 'DISABLED'
}

const ARN = 'arn:aws:lambda:eu-west-1:123456789012:function:clicks-dev-coordinator'

function answerOf(deployed: Deployed, method: string, url: string, target: string): object {
  if (target.endsWith('ListRuleNamesByTarget')) return { RuleNames: ['minutely'] }
  if (target.endsWith('EnableRule')) deployed.rule = 'ENABLED'
  if (!url.endsWith('/concurrency')) return { FunctionArn: ARN }
  if (method === 'DELETE') deployed.concurrency = null
  if (deployed.concurrency === null) return {}
  return { ReservedConcurrentExecutions: deployed.concurrency }
}

/** The stage with a coordinator of which so many are to run at once, in an account of this process. */
async function stageOf(t: TestContext, deployed: Deployed, concurrency: number | null): Promise<StageOnAws> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const target = String(request.headers['x-amz-target'] ?? '')
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(answerOf(deployed, request.method!, request.url!, target)))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const [endpoint, script] = [process.env['AWS_ENDPOINT_URL'], process.argv[1]]
  process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  // Some clients are those that the Serverless CLI has for itself.
  process.argv[1] = fileURLToPath(new URL('../../../node_modules/serverless/bin/serverless.js', import.meta.url))
  t.after(() => {
    server.closeAllConnections()
    server.close()
    process.argv[1] = script!
    if (endpoint === undefined) delete process.env['AWS_ENDPOINT_URL']
    else process.env['AWS_ENDPOINT_URL'] = endpoint
  })
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  const provider = {
    getAccountId: async () => '123456789012',
    getRegion: () => 'eu-west-1',
    getAwsSdkV3Config: async () => ({ region: 'eu-west-1', credentials }),
  }
  const made = {
    stage: { service: 'clicks', stage: 'dev', keeps: false },
    coordinator: { timeout: 300, concurrency },
    functionNames: async () => ['coordinator'] as const,
  }
  return new StageOnAws(made, { getProvider: () => provider } as unknown as Serverless, () => {})
}

test('a deploy lets a stage go on that was brought to rest', async (t) => {
  const deployed: Deployed = { concurrency: 0, rule: 'DISABLED' }
  await (await stageOf(t, deployed, null)).letRun()
  assert.deepEqual(deployed, { concurrency: null, rule: 'ENABLED' })
})

test('a deploy that keeps some concurrency for a coordinator lets its schedule wake it as well', async (t) => {
  const deployed: Deployed = { concurrency: 3, rule: 'DISABLED' }
  await (await stageOf(t, deployed, 3)).letRun()
  assert.deepEqual(deployed, { concurrency: 3, rule: 'ENABLED' })
})

test('a deploy leaves the schedule of a stage that runs as it is', async (t) => {
  const deployed: Deployed = { concurrency: null, rule: 'DISABLED' }
  await (await stageOf(t, deployed, null)).letRun()
  assert.equal(deployed.rule, 'DISABLED')
})
