import assert from 'node:assert/strict'
import { test } from 'node:test'
import { serverlessOptions } from '../../../lib/hosts/serverless/options.ts'
import { plainConfig, saidOfAll } from '../../../lib/hosts/serverless/plain-config.ts'
import type { ProviderBlock } from '../../../lib/hosts/serverless/provider-block.ts'
import { plainNeeds } from '../../support/plain-needs.ts'

const stage = { service: 'clicks', stage: 'dev', keeps: false }
const needs = { ...plainNeeds, receivers: ['lines'] }

/** What is printed for a file that says this of all functions. */
function printed(provider: ProviderBlock, written = ''): any {
  const options = serverlessOptions({ app: 'src/app.ts' }, provider)
  return plainConfig(stage, options, needs, { ...saidOfAll(provider, written), region: 'eu-west-1' })
}

test('functions are printed for the architecture and in the network that provider names', () => {
  const vpc = { securityGroupIds: ['sg-1'], subnetIds: ['subnet-1'] }
  const { provider, functions } = printed({ architecture: 'x86_64', vpc, memorySize: 512 })
  assert.deepEqual(
    Object.values<any>(functions).map(({ architecture }) => architecture),
    Object.keys(functions).map(() => 'x86_64'),
  )
  assert.deepEqual(provider, {
    name: 'aws',
    runtime: 'nodejs24.x',
    architecture: 'x86_64',
    vpc,
    region: 'eu-west-1',
    stage: 'dev',
  })
})

test('variables are printed with where they come from, and never a value that is not in the file', () => {
  const environment = { LEVEL: 'high', TOKEN: 'hunter2-hunter2', QUEUE: { Ref: 'Queue' } }
  const { provider } = printed({ environment }, 'environment: { LEVEL: high, TOKEN: "${ssm:/token}" }')
  assert.deepEqual(provider.environment, { LEVEL: 'high', TOKEN: '${env:TOKEN}', QUEUE: { Ref: 'Queue' } })
})
