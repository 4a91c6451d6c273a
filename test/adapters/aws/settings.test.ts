import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { project, sluice } from '../../cli/cli.ts'

const program = (body: string): string => `
import { app, seconds } from 'sluice'
import { dynamo, kinesisSink, lambdaSink, snsSink, sqsSink } from 'sluice/aws'
import { files } from 'sluice/sinks'
import { counter } from './numbers.ts'
export default app('it', seconds(1), (ssc) => {
  const lines = ssc.source('counter', counter).map(String)
  ${body}
})
`

const REGION = { AWS_REGION: 'eu-west-1' }
const NOBODY = {
  AWS_REGION: undefined,
  AWS_DEFAULT_REGION: undefined,
  AWS_PROFILE: undefined,
  AWS_ACCESS_KEY_ID: undefined,
  AWS_SECRET_ACCESS_KEY: undefined,
  AWS_SESSION_TOKEN: undefined,
  AWS_EC2_METADATA_DISABLED: 'true',
}

// What a source or a sink needs of AWS, and the place in app.ts where it is asked for.
for (const [service, body, place] of [
  ['S3', "ssc.textFileStream('s3://a-bucket/in').print()", 'app.ts:8:7'],
  ['S3', "lines.output('out', files('s3://a-bucket/out', { format: 'ndjson' }))", 'app.ts:8:9'],
  ['DynamoDB', "lines.output('out', dynamo({ table: 't', change: (id) => ({ key: { id } }) }))", 'app.ts:8:9'],
  ['SQS', "lines.output('out', sqsSink({ queueUrl: 'https://sqs.eu-west-1.amazonaws.com/1/q' }))", 'app.ts:8:9'],
] as const)
  test(`a run that needs ${service} without a region, or credentials, is told so before any batch`, async (t) => {
    const folder = await project(t, { 'app.ts': program(body), config: '' })
    const files = { AWS_CONFIG_FILE: join(folder, 'config'), AWS_SHARED_CREDENTIALS_FILE: join(folder, 'config') }
    const run = ['run', 'app.ts', '--batches', '1']
    const nowhere = await sluice(t, folder, run, { ...NOBODY, ...files })
    assert.deepEqual([nowhere.code, nowhere.stdout], [1, ''], nowhere.stderr)
    assert.match(nowhere.stderr, new RegExp(`✕ E_AWS_SETTING  No region is set for ${service}: Region is missing\\n`))
    assert.match(nowhere.stderr, new RegExp(` · ${place}\\n  did .*\\n  next   export AWS_REGION=`))
    const nobody = await sluice(t, folder, run, { ...NOBODY, ...files, ...REGION })
    assert.deepEqual([nobody.code, nobody.stdout], [1, ''], nobody.stderr)
    assert.match(nobody.stderr, new RegExp(`✕ E_AWS_SETTING  No credentials for ${service} were found: `))
    assert.match(nobody.stderr, new RegExp(` · ${place}\\n  did .*\\n  next   aws configure `))
  })

test('a region and credentials of the files in ~/.aws are found', async (t) => {
  const folder = await project(t, { 'app.ts': program("ssc.textFileStream('s3://a-bucket/in').print()") })
  writeFileSync(join(folder, 'config'), '[default]\nregion = eu-west-1\n')
  writeFileSync(join(folder, 'credentials'), '[default]\naws_access_key_id = a\naws_secret_access_key = b\n')
  const { stderr } = await sluice(t, folder, ['run', 'app.ts', '--batches', '1'], {
    ...NOBODY,
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_CONFIG_FILE: join(folder, 'config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'credentials'),
  })
  assert.match(stderr, /✕ E_SOURCE .*ECONNREFUSED/)
})
