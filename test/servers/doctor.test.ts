import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { UpdateContinuousBackupsCommand, UpdateTimeToLiveCommand } from '@aws-sdk/client-dynamodb'
import { PutBucketLifecycleConfigurationCommand } from '@aws-sdk/client-s3'
import { createStores } from '../../lib/hosts/offline/emulators.ts'
import { findLocalStack, startLocalStack } from '../../infra/servers/localstack.ts'
import { awsClients } from '../../lib/adapters/aws/clients.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'
import { sluice } from '../cli/cli.ts'
import { stagePlaceOf } from '../support/stage-place.ts'

const python = findLocalStack()
if (!python) throw new Error('needs LocalStack (infra/localstack/install.sh)')
const stack = await startLocalStack(python)
after(() => stack.stop())

const [table, bucket] = ['it-dev-sluice', 'it-dev-sluice-000000000000']
const environment = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_ENDPOINT_URL: stack.url,
}

test('F65: doctor finds what a service is set up to delete, as the service itself says it', async (t) => {
  await createStores({ s3: stack.url, dynamodb: stack.url }, table, bucket)
  const folder = await temporaryFolder(t)
  const place = {
    ...stagePlaceOf({ table, bucket }),
    owner: { partition: 'aws', region: 'us-east-1', account: '000000000000' },
    functions: [],
  }
  writeFileSync(join(folder, 'place.json'), JSON.stringify(place))
  const doctor = async (): Promise<{ code: number | null; found: Record<string, string> }> => {
    const args = ['doctor', '--stage', 'dev', '--at', 'place.json', '--json']
    const { code, stdout, stderr } = await sluice(t, folder, args, environment)
    assert.equal(stderr, '')
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, string>)
    return { code, found: Object.fromEntries(lines.map(({ what, level }) => [what, level])) }
  }
  Object.assign(process.env, environment)
  const clients = awsClients(environment)
  const [dynamo, s3] = [(await clients.dynamoReads()).client, (await clients.s3()).client]
  t.after(() => {
    dynamo.destroy()
    s3.destroy()
  })

  const before = await doctor()
  const { table: there, expiry, lifecycle, backup, clock } = before.found
  assert.deepEqual(
    { there, expiry, lifecycle, backup, clock },
    {
      there: 'ok',
      expiry: 'ok',
      lifecycle: 'ok',
      backup: 'warn',
      clock: 'ok',
    },
  )
  assert.equal(before.code, 0)

  const Rules = [{ ID: 'old', Status: 'Enabled' as const, Filter: { Prefix: '' }, Expiration: { Days: 7 } }]
  await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration: { Rules } }))
  await dynamo.send(
    new UpdateTimeToLiveCommand({
      TableName: table,
      TimeToLiveSpecification: { Enabled: true, AttributeName: 'ttl' },
    }),
  )
  await dynamo.send(
    new UpdateContinuousBackupsCommand({
      TableName: table,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    }),
  )
  const now = await doctor()
  assert.deepEqual(
    [now.found['expiry'], now.found['lifecycle'], now.found['backup'], now.code],
    ['fail', 'fail', 'ok', 1],
  )
})
