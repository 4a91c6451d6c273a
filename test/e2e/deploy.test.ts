import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { findLocalStack, startLocalStack } from '../../infra/servers/localstack.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const serverless = fileURLToPath(new URL('../../node_modules/serverless/bin/serverless.js', import.meta.url))
const STACK = 'sluice-dev'

test('deployed it counts words, deployed again it counts on, and removed it leaves what it kept', async (t) => {
  const program = findLocalStack()
  assert.ok(program, 'needs LocalStack: infra/localstack/install.sh')
  const stack = await startLocalStack(program)
  t.after(() => stack.stop())
  const config = {
    region: 'us-east-1',
    endpoint: stack.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  }
  const [stacks, functions] = [new CloudFormationClient(config), new LambdaClient(config)]
  const objects = new S3Client({ ...config, forcePathStyle: true })

  const run = async (...args: string[]): Promise<void> => {
    const child = spawn(process.execPath, [serverless, ...args, '--stage', 'dev', '--param', 'scheduled=false'], {
      cwd: root,
      env: { ...process.env, ...stack.environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const [code] = (await once(child, 'close')) as [number]
    assert.equal(code, 0, said)
  }
  const bucketOf = async (): Promise<string> => {
    const { Stacks } = await stacks.send(new DescribeStacksCommand({ StackName: STACK }))
    return Stacks![0].Outputs!.find(({ OutputKey }) => OutputKey === 'BucketName')!.OutputValue!
  }
  /** One life of the coordinator, from its tick to its end. */
  const tick = async (): Promise<void> => {
    const { FunctionError, Payload } = await functions.send(
      new InvokeCommand({ FunctionName: `${STACK}-coordinator`, Payload: '{}' }),
    )
    assert.equal(FunctionError, undefined, Buffer.from(Payload ?? []).toString())
  }
  const put = (bucket: string, name: string, text: string): Promise<unknown> =>
    objects.send(new PutObjectCommand({ Bucket: bucket, Key: `in/${name}`, Body: text }))

  await run('deploy')
  const bucket = await bucketOf()
  await put(bucket, 'a.txt', 'to be or not to be\n')
  await tick()
  assert.deepEqual(await lastSaved(objects, bucket), { be: 2, not: 1, or: 1, to: 2 })

  await run('deploy', '--force')
  assert.equal(await bucketOf(), bucket)
  await put(bucket, 'b.txt', 'to do\n')
  await tick()
  assert.deepEqual(await lastSaved(objects, bucket), { be: 2, do: 1, not: 1, or: 1, to: 3 })

  await run('remove')
  await assert.rejects(bucketOf())
  assert.deepEqual(await lastSaved(objects, bucket), { be: 2, do: 1, not: 1, or: 1, to: 3 })
})

/** The counts that the last batch has saved. */
async function lastSaved(client: S3Client, bucket: string): Promise<Record<string, number>> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: 'out/' }))
  const keys = Contents.map(({ Key }) => Key!)
  const last = keys
    .map((key) => key.split('/')[1])
    .sort((a, b) => Number(a.replace('counts-', '')) - Number(b.replace('counts-', '')))
    .at(-1)
  const counts: Record<string, number> = {}
  for (const key of keys.filter((each) => each.startsWith(`out/${last}/part-`))) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    for (const line of (await Body!.transformToString()).split('\n')) {
      const [, word, count] = /^\W*(\w+)\W+(\d+)\W*$/.exec(line) ?? []
      if (word) counts[word] = Number(count)
    }
  }
  return counts
}
