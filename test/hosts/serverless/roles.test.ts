import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FUNCTION_NAMES, serverlessOptions, type StageFunction } from '../../../lib/hosts/serverless/options.ts'
import { roleOf, statementsOf } from '../../../lib/hosts/serverless/policies.ts'
import type { ProviderBlock } from '../../../lib/hosts/serverless/provider-block.ts'
import { ownerOf, rightsOf } from '../../../lib/hosts/serverless/rights.ts'
import { plainNeeds as needs } from '../../support/plain-needs.ts'

// The Serverless CLI adds these to a role of its own, which no function of the plugin has.

const stage = { service: 'clicks', stage: 'dev', keeps: false }
const owner = ownerOf('eu-west-1', '123456789012')
const optionsOf = (provider: ProviderBlock) => serverlessOptions({ app: 'src/app.ts' }, provider)

/** What every function may do because of what `provider` says, and may not without it. */
function added(provider: ProviderBlock): string[] {
  const of = (name: StageFunction, says: ProviderBlock): ReadonlySet<string> =>
    rightsOf(statementsOf(stage, name, needs, optionsOf(says)), owner).known
  const [first = [], ...others] = ([...FUNCTION_NAMES, 'receiverLines'] as const).map((name) =>
    [...of(name, provider).difference(of(name, {}))].map((right) => right.replaceAll(/-dev-\w+/g, '-dev-*')),
  )
  for (const each of others) assert.deepEqual(each, first)
  return first
}

test('a function in a VPC may be put there, by the platform and not by its own code', () => {
  const rights = added({ vpc: { securityGroupIds: ['sg-1'], subnetIds: ['subnet-1'] } })
  assert.ok(rights.includes('ec2:CreateNetworkInterface on *'), rights.join('\n'))
  const itself = 'arn:aws:lambda:eu-west-1:123456789012:function:clicks-dev-*'
  const denied = `{"ArnLike":{"lambda:SourceFunctionArn":["${itself}","${itself}:*"]}}`
  for (const right of rights.filter((each) => !each.startsWith('Deny')))
    assert.ok(rights.includes(`Deny ${right} if ${denied}`), rights.join('\n'))
})

test('a function that is traced may send its traces, and one with variables under a key may read them', () => {
  assert.deepEqual(added({ tracing: { lambda: true } }), [
    'xray:PutTraceSegments on *',
    'xray:PutTelemetryRecords on *',
  ])
  const kmsKeyArn = 'arn:aws:kms:eu-west-1:123456789012:key/1234'
  assert.deepEqual(added({ kmsKeyArn }), [`kms:Decrypt on ${kmsKeyArn}`])
  assert.deepEqual(added({ tracing: { lambda: false } }), [])
})

test('each role has the boundary, the path and the tags of provider.iam.role', () => {
  const permissionsBoundary = 'arn:aws:iam::123456789012:policy/boundary'
  const made = (provider: ProviderBlock): any => roleOf(stage, 'task', needs, optionsOf(provider))
  const { PermissionsBoundary, Path, Tags } = made({
    iam: { role: { permissionsBoundary, path: '/apps/', tags: { team: 'clicks' } } },
  }).Properties
  assert.deepEqual(
    [PermissionsBoundary, Path, Tags],
    [permissionsBoundary, '/apps/', [{ Key: 'team', Value: 'clicks' }]],
  )
  const older = made({ rolePermissionsBoundary: permissionsBoundary }).Properties
  assert.equal(older.PermissionsBoundary, permissionsBoundary)
  assert.deepEqual(Object.keys(made({}).Properties), ['AssumeRolePolicyDocument', 'Policies'])
})

test('what a prefix in S3 has of patterns and variables of policies stands for itself', () => {
  const reads = [{ bucket: 'logs', prefix: 'a*b?/${aws:username}/$1/' }]
  const statements = statementsOf(stage, 'task', { ...needs, reads }, optionsOf({}))
  const rights = [...rightsOf(statements, owner).known].filter((right) => right.includes('arn:aws:s3:::logs'))
  const prefix = 'a${*}b${?}/${$}{aws:username}/$1/*'
  assert.deepEqual(rights, [
    `s3:GetObject on arn:aws:s3:::logs/${prefix}`,
    `s3:ListBucket on arn:aws:s3:::logs if {"StringLike":{"s3:prefix":["${prefix}"]}}`,
  ])
})
