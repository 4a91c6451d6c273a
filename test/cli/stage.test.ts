import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { showOutputs } from '../../lib/hosts/functions/output.ts'
import { answerTaskCall } from '../../lib/hosts/functions/task-calls.ts'
import { KnownProgram, runDueBatches } from '../../lib/hosts/lambda/coordinator.ts'
import { coordinatorHost } from '../../lib/hosts/lambda/coordinator-host.ts'
import { decodeInvocation } from '../../lib/hosts/lambda/invocation.ts'
import { builtApp } from '../../lib/hosts/program/built-program.ts'
import { ManualClock } from '../../lib/adapters/local/manual-clock.ts'
import { silentLog } from '../../lib/host/log.ts'
import { app, minutes } from '../../lib/index.ts'
import type { Source } from '../../lib/source/source.ts'
import { createStores } from '../../lib/hosts/offline/emulators.ts'
import { startMeter } from '../../infra/meter.ts'
import { emulated } from '../adapters/aws/emulated.ts'
import { lambdaServer } from '../adapters/aws/lambda-server.ts'
import { stagePlaceOf } from '../support/stage-place.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'
import { withRealPauses } from '../support/real-pauses.ts'
import { type Ended, sluice } from './cli.ts'

const { emulators } = await emulated()
const MINUTE_MS = 60_000

/** Batch n brings n, and a record that no function takes in the second one. */
const numbers: Source<number> = {
  name: 'Numbers',
  async cut({ position }) {
    const n = Number(position ?? 0) + 1
    return { position: n, splits: [n], records: n === 2 ? 2 : 1 }
  },
  read: (split) => [split === 2 ? [2, -1] : [split as number]],
}

const program = app(
  'numbers',
  minutes(1),
  (ssc) => {
    ssc
      .source('numbers', numbers)
      .map((n) => {
        if (n < 0) throw new Error('less than nothing')
        return [n % 2 === 0 ? 'even' : 'odd', n] as [string, number]
      })
      .updateStateByKey<number>((added, sum) => added.reduce((a, b) => a + b, sum ?? 0))
      .foreachRDD(() => {})
  },
  { onError: 'dead-letter' },
)

interface Stage {
  /** What the plugin would say about it. */
  readonly file: string
  tick(): Promise<unknown>
  sluice(...args: readonly string[]): Promise<Ended>
  /** With more in its environment. */
  sluiceWith(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Ended>
}

/** An app in its three functions, whose clock is that of this machine after four ticks. */
async function stage(t: TestContext, name: string, ticks = 4): Promise<Stage> {
  const [table, bucket] = [`clicks-${name}-sluice`, `clicks-${name}-sluice-000000000000`]
  await createStores(emulators, table, bucket)
  const folder = await temporaryFolder(t)
  const file = join(folder, 'place.json')
  writeFileSync(file, JSON.stringify(stagePlaceOf({ service: 'clicks', stage: name, table, bucket })))
  // The grid of batches begins at a whole minute, wherever in one the machine is.
  const clock = new ManualClock(Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 4 * MINUTE_MS)
  const functions = builtApp(program, 1)
  const lambda = await lambdaServer({
    task: (message) => answerTaskCall(message, functions, host),
    output: (request) => showOutputs(request, functions, host, Date.now() + MINUTE_MS),
  })
  const shared = coordinatorHost({
    ...emulators.environment,
    SLUICE_TABLE: table,
    SLUICE_BUCKET: bucket,
    SLUICE_SLOTS: '1',
    SLUICE_TASK_FUNCTION: 'task',
    SLUICE_OUTPUT_FUNCTION: 'output',
    AWS_ENDPOINT_URL_LAMBDA: lambda.url,
  })
  const host = { ...shared, clock: withRealPauses(clock), log: silentLog }
  const known = new KnownProgram()
  const tick = async (): Promise<unknown> => {
    const context = { awsRequestId: name, getRemainingTimeInMillis: () => MINUTE_MS }
    const answer = await runDueBatches(decodeInvocation({}, context, clock.now()), known, host)
    await clock.advance(MINUTE_MS)
    return answer
  }
  t.after(async () => {
    await lambda.close()
    const { clients } = host
    const all = [clients.s3(), clients.dynamoReads(), clients.dynamoWrites(), clients.lambda()]
    for (const each of await Promise.all(all)) each.client.destroy()
  })
  for (let i = 0; i < ticks; i++) await tick()
  const sluiceWith: Stage['sluiceWith'] = (args, more) => sluice(t, folder, args, { ...emulators.environment, ...more })
  return { file, tick, sluice: (...args) => sluiceWith(args, {}), sluiceWith }
}

test('a stage is looked at as a directory is: status, state, dead letters, outputs, verify', async (t) => {
  const { file, sluice: run } = await stage(t, 'dev')
  const at = ['--stage', 'dev', '--at', file]
  const status = await run('status', ...at)
  assert.match(
    status.stdout,
    /^numbers {2}--stage dev {3}✓ keeping up {3}#3 {3}.* ago\) {3}every 1 minute {3}1 dead letter\n/,
  )
  assert.match(status.stdout, /\n {2}next {3}sluice dead list --stage dev\n$/)
  assert.equal(status.code, 0, status.stderr)
  assert.equal((await run('state', ...at, 'updateStateByKey')).stdout, '  odd    4\n  even   2\n')
  assert.match((await run('dead', 'list', ...at)).stdout, /^ {2}2-1 .*less than nothing.*\n.* retry --stage dev all\n$/)
  assert.match((await run('dead', 'show', '2-1', ...at)).stdout, / {2}record {2}-1\n/)
  assert.equal((await run('outputs', 'list', ...at)).stdout, 'every batch is delivered\n')
  const verified = await run('verify', ...at)
  assert.match(verified.stdout, /^✓ numbers {2}1 write, 1 batch, \d+ objects? checked\n$/, verified.stderr)
})

/** The same program as a file, of which a batch reads nothing. */
const PROGRAM = `import { app, minutes } from 'sluice'
const numbers = { name: 'Numbers', cut: async () => null, read: () => [] }
export default app('numbers', minutes(1), (ssc) => {
  ssc.source('numbers', numbers)
    .map((n) => ['odd', Number(n)])
    .updateStateByKey<number>((added, sum) => added.length + (sum ?? 0))
    .foreachRDD(() => {})
}, { onError: 'dead-letter' })
`

test('a plan says what operators keep on the stage, and which code runs there and which would', async (t) => {
  const { file, sluiceWith: run } = await stage(t, 'planned')
  writeFileSync(join(dirname(file), 'app.ts'), PROGRAM)
  let description = 'code 0a1b2c'
  // What the functions of a stage say of themselves.
  const functions = createServer((_, response) => response.end(JSON.stringify({ Description: description })))
  await once(functions.listen(0, '127.0.0.1'), 'listening')
  t.after(() => functions.close())
  const { port } = functions.address() as AddressInfo
  const plan = (): Promise<Ended> =>
    run(['plan', '--stage', 'planned', '--at', file], { AWS_ENDPOINT_URL_LAMBDA: `http://127.0.0.1:${port}` })
  const { stdout, stderr } = await plan()
  const [, now] = /^ {2}numbers → planned, us-east-1 {5}running 0a1b2c, new ([0-9a-f]{6})\n/.exec(stdout) ?? []
  assert.ok(now, stdout + stderr)
  assert.match(stdout, /updateStateByKey +app\.ts:6:6 +a value per key, a checkpoint .* 2 keys, \d+ B +✓ /)
  description = `code ${now}`
  assert.match((await plan()).stdout, new RegExp(`^ {2}numbers → planned, us-east-1 {5}code ${now}, as it runs\n`))
})

test('a stage that is behind names the command that shows the log of its coordinator', async (t) => {
  const { file, sluice: run } = await stage(t, 'late', 3)
  const { code, stdout, stderr } = await run('status', '--stage', 'late', '--at', file)
  assert.equal(code, 3, stderr)
  assert.match(
    stdout,
    /▲ behind by .*\n {2}next {3}npx osls logs --function coordinator --stage late --startTime 10m\n/,
  )
})

test('a stage is steered as a directory is: dead letters are dropped, batches paused and resumed', async (t) => {
  const { file, tick, sluice: run } = await stage(t, 'qa')
  const at = ['--stage', 'qa', '--at', file]
  assert.match((await run('dead', 'drop', '2-1', ...at)).stdout, /\n1 dead letter will be gone/)
  await tick()
  assert.equal((await run('dead', 'list', ...at)).stdout, 'no dead letters\n')
  assert.match(
    (await run('pause', ...at)).stdout,
    /^numbers begins no batch after #4 .*\n {2}next {3}sluice resume --stage qa\n$/,
  )
  assert.deepEqual(await tick(), { paused: true })
  assert.equal((await run('status', ...at)).code, 4)
  assert.match((await run('resume', ...at)).stdout, /^numbers goes on with #5/)
  assert.deepEqual(await tick(), { busy: false, batches: 2, committed: 6 })
})

test('table and bucket may be named outright, where no serverless.yml is', async (t) => {
  const { sluice: run } = await stage(t, 'bare')
  const at = ['--table', 'clicks-bare-sluice', '--bucket', 'clicks-bare-sluice-000000000000']
  assert.match((await run('state', ...at, 'updateStateByKey', 'even')).stdout, /^ {2}even {3}2\n$/)
  const half = await run('status', ...at.slice(0, 2))
  assert.deepEqual([half.code, half.stdout], [2, ''])
  assert.match(half.stderr, /--table needs --bucket beside it/)
})

test('what only looks only reads: the calls of status, state, dead list, outputs list and verify', async (t) => {
  const { file, sluice: run } = await stage(t, 'seen')
  const [objects, tables] = [await startMeter(emulators.s3), await startMeter(emulators.dynamodb)]
  t.after(() => Promise.all([objects.close(), tables.close()]))
  const environment = {
    ...emulators.environment,
    AWS_ENDPOINT_URL_S3: objects.url,
    AWS_ENDPOINT_URL_DYNAMODB: tables.url,
  }
  const folder = await temporaryFolder(t)
  for (const command of [['status'], ['state'], ['dead', 'list'], ['outputs', 'list'], ['verify']]) {
    const { code, stderr } = await sluice(t, folder, [...command, '--stage', 'seen', '--at', file], environment)
    assert.equal(code, 0, stderr)
  }
  const actions = new Set([...objects.calls, ...tables.calls].map(({ action }) => action))
  assert.deepEqual([...actions].toSorted(), [
    'dynamodb:GetItem',
    'dynamodb:Query',
    'dynamodb:Scan',
    's3:GetObject',
    's3:ListBucket',
  ])
  assert.equal((await run('status', '--stage', 'seen', '--at', file)).code, 0)
})

test('no table, no region, no credentials, nobody there: one sentence each, and what to type', async (t) => {
  const folder = await temporaryFolder(t)
  const at = ['status', '--table', 'no-such-table', '--bucket', 'no-such-bucket']
  const nowhere = {
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  const none = { AWS_REGION: '', AWS_DEFAULT_REGION: '', AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }
  const found = { ...nowhere, ...emulators.environment }
  for (const [what, environment, code, message] of [
    ['no table', found, 2, /E_USAGE {2}There is no table no-such-table in us-east-1\.\n.*\n {2}next .*osls deploy/],
    [
      'no region',
      { ...found, ...none },
      5,
      /E_AWS_ACCESS {2}No region is set for DynamoDB: .*\n.*\n {2}next {3}export AWS_REGION=/,
    ],
    [
      'no credentials',
      { ...found, ...none, AWS_REGION: 'us-east-1' },
      5,
      /E_AWS_ACCESS {2}No credentials for DynamoDB were found: .*\n.*\n {2}next {3}aws configure/,
    ],
    [
      'nobody there',
      { ...found, AWS_ENDPOINT_URL_DYNAMODB: 'http://127.0.0.1:1' },
      5,
      /E_AWS_ACCESS {2}The table no-such-table does not answer: .*\n.*\n {2}next {3}check the network/,
    ],
  ] as const) {
    const ended = await sluice(t, folder, at, environment)
    assert.deepEqual([ended.code, ended.stdout], [code, ''], `${what}: ${ended.stderr}`)
    assert.match(ended.stderr, message)
  }
})
