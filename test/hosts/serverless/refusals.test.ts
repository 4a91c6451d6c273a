import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkEnvironment, checkSecrets } from '../../../lib/hosts/serverless/check-environment.ts'
import {
  checkEvents,
  checkNames,
  checkPackages,
  checkService,
  checkTaken,
  checkWrites,
} from '../../../lib/hosts/serverless/check-service.ts'
import { receiverBlocks, receiverFunction } from '../../../lib/hosts/serverless/functions.ts'
import { serverlessOptions } from '../../../lib/hosts/serverless/options.ts'
import { isOurs } from '../../../lib/model/errors.ts'

// That the plugin asks these before anything is packaged, and shows what they say, is in package.test.ts.

const app = 'src/app.ts'
for (const [what, block, code, message] of [
  ['B05: an option that is misspelt', { app, slot: 2 }, 'E_UNKNOWN_OPTION', /has no option "slot"/],
  ['B05: one of a function', { app, task: { memory: 1 } }, 'E_UNKNOWN_OPTION', /has no option "memory"/],
  ['a block without an app', { slots: 2 }, 'E_CONF', /names no app/],
  ['no block at all', undefined, 'E_CONF', /names no app/],
  ['a block of nothing', null, 'E_CONF', /names no app/],
  ['a block that is a text', 'src/app.ts', 'E_CONF', /"sluice".*"src\/app.ts", and not a block of options/],
  ['a function that is a number', { app, task: 1024 }, 'E_CONF', /"sluice.task".*is 1024, and not a block of options/],
  ['a function that is a list', { app, task: [] }, 'E_CONF', /"sluice.task".*and not a block of options/],
  ['an app without a name', { app: ' ' }, 'E_CONF', /"sluice.app".*is " ", and not the path of a module/],
  ['an app elsewhere', { app: '/etc/app.ts' }, 'E_CONF', /"sluice.app".*and not the path of a module, from server/],
  [
    'a topic that is only named',
    { app, alarms: { topic: 'alerts' } },
    'E_CONF',
    /"sluice.alarms.topic".*"alerts", and not an ARN, arn:aws:sns:/,
  ],
  [
    'a bucket by its ARN',
    { app, events: { buckets: ['logs', 'arn:aws:s3:::logs'] } },
    'E_CONF',
    /"sluice.events.buckets\[1\]".*not the name of a bucket/,
  ],
  [
    'a stream that is only named',
    { app, events: { streams: ['clicks'] } },
    'E_CONF',
    /"sluice.events.streams\[0\]".*not an ARN, arn:aws:kinesis:/,
  ],
  [
    'a stream that is named twice',
    { app, events: { streams: Array.from({ length: 2 }, () => 'arn:aws:kinesis:eu-west-1:123456789012:stream/a') } },
    'E_CONF',
    /"sluice.events.streams\[1\]".*stream\/a" for the second time/,
  ],
  [
    'a permission that is no statement',
    { app, task: { permissions: [{ Effect: 'Allow', Action: ['kms:Decrypt'] }] } },
    'E_CONF',
    /"sluice.task.permissions\[0\]".*not a block with Effect, Action and Resource/,
  ],
  [
    'a permission with an effect that there is none of',
    { app, task: { permissions: [{ Effect: 'allow', Action: ['kms:Decrypt'], Resource: '*' }] } },
    'E_CONF',
    /"sluice.task.permissions\[0\].Effect".*"allow", and not Allow or Deny/,
  ],
  [
    'a permission with a misspelt condition',
    { app, task: { permissions: [{ Effect: 'Allow', Action: 'a:B', Resource: '*', Conditions: {} }] } },
    'E_UNKNOWN_OPTION',
    /"sluice.task.permissions\[0\]".*no option "Conditions"/,
  ],
  [
    'alarms that nobody is told of',
    { app, alarms: {} },
    'E_CONF',
    /"sluice.alarms".*is {}, and not a block with topic/,
  ],
  [
    'a protected stage that there cannot be',
    { app, protect: ['prod', 'Live'] },
    'E_CONF',
    /"sluice.protect\[1\]".*"Live", and not the name of a stage, in lower case/,
  ],
  [
    'B14: a time that no function may take',
    { app, task: { timeout: 901 } },
    'E_LIMIT',
    /"sluice.task.timeout".*is 901/,
  ],
  ['B14: a size that there is none of', { app, output: { memorySize: 64 } }, 'E_LIMIT', /memorySize.*is 64/],
  ['B01, B14: a number that is a text', { app, slots: '2' }, 'E_CONF', /"sluice.slots".*is "2", and not a whole/],
  ['B01, B14: a number that is null', { app, slots: null }, 'E_CONF', /"sluice.slots".*is null/],
  ['B01, B14: a number that is none', { app, slots: NaN }, 'E_LIMIT', /"sluice.slots".*is NaN/],
  [
    'F19: a coordinator that one that hangs would keep out',
    { app, coordinator: { concurrency: 1 } },
    'E_LIMIT',
    /is 1/,
  ],
] as const) {
  test(`${what} is refused`, () => assert.throws(() => serverlessOptions(block), refusal(code, message)))
}

for (const [option, next] of [
  ['budget', /sluice plan --records-per-second/],
  ['dashboard', /sluice status --stage/],
  ['dropState', /sluice\.dropState/],
  ['interval', /seconds\(10\)/],
  ['keep', /sluice\.keepBatches/],
  ['metrics', /metric filter/],
  ['permissions', /task: \{ permissions/],
  ['tracing', /provider: \{ tracing/],
] as const)
  test(`B05: "${option}", which is not here, is refused with where it is`, () => {
    assert.throws(
      () => serverlessOptions({ app, [option]: {} }),
      (error) => isOurs(error) && error.code === 'E_UNKNOWN_OPTION' && next.test(error.next.join('\n')),
    )
  })

test('B57: anchors that unfold into more values than a block may hold are refused, with what to write', () => {
  let unfolded: unknown = { Effect: 'Allow' }
  for (let n = 1; n <= 6; n++)
    unfolded = { a: unfolded, b: unfolded, c: unfolded, d: unfolded, e: unfolded, f: unfolded }
  assert.throws(
    () => serverlessOptions({ app, task: { permissions: [unfolded] } }),
    refusal('E_LIMIT', /unfolds into more than 10000 values/),
  )
})

const dev = { service: 'clicks', stage: 'dev', keeps: false }
const long = 'a-stage-of-someone-who-likes-long-names'

for (const [what, stage, beside, code, message] of [
  ['a stage in capital letters', { ...dev, stage: 'Dev' }, {}, 'E_NAME', /"Dev" name a bucket, which has no capital/],
  ['a service in capital letters', { ...dev, service: 'Clicks' }, {}, 'E_NAME', /"Clicks" and the stage "dev"/],
  ['names that make one too long for a bucket', { ...dev, stage: long }, {}, 'E_NAME', /too long for buckets/],
  ['a function of the name of one of these', dev, { functions: { task: {} } }, 'E_NAME', /a function "task"/],
  ['one whose name in a template is', dev, { functions: { Task: {} } }, 'E_NAME', /a function "task".*: "Task"/],
  ['one that is called so on AWS', dev, { functions: { mine: { name: 'clicks-dev-gc' } } }, 'E_NAME', /function "gc"/],
  ['a size of no function', dev, { provider: { memorySize: 512 } }, 'E_CONF', /"provider.memorySize".*no function/],
  ['a time of no function', dev, { provider: { timeout: 60 } }, 'E_CONF', /"provider.timeout"/],
  [
    'statements of a role that no function has',
    dev,
    { provider: { iam: { role: { statements: [] } } } },
    'E_CONF',
    /"provider.iam.role.statements"/,
  ],
  ['a role that no function has', dev, { provider: { iam: { role: 'arn:aws:iam::1:role/x' } } }, 'E_CONF', /iam.role"/],
  ['another provider', dev, { provider: { name: 'google' } }, 'E_CONF', /"provider.name".*"google"/],
  ['an older Node', dev, { provider: { runtime: 'nodejs22.x' } }, 'E_CONF', /"provider.runtime".*"nodejs22.x"/],
  ['another runtime', dev, { provider: { runtime: 'python3.13' } }, 'E_CONF', /"provider.runtime".*"python3.13"/],
] as const)
  test(`${what} is refused before anything is packaged, with what to write`, () => {
    assert.throws(
      () => checkService(stage, { provider: {}, functions: {}, ...beside }),
      (error) => refusal(code, message)(error) && isOurs(error) && error.next.length === 1,
    )
  })

test('names of functions that receive count as well, once the program says what they are', () => {
  const stage = { ...dev, service: 'clicks-of-all-our-shops-too', stage: 'staging' }
  checkNames(stage, ['task'])
  assert.throws(
    () => checkNames(stage, ['task', receiverFunction('lines-of-a-socket-far-away')]),
    refusal('E_NAME', /too long/),
  )
})

test('what provider says of all functions is for those that the file has itself', () => {
  const provider = { memorySize: 512, iam: { role: { statements: [] } } }
  checkService(dev, { provider, functions: { mine: { name: 'clicks-dev-mine' } } })
})

test('two receivers have two functions, whatever their names begin with, and none takes the place of another', () => {
  const names = ['lines', 'Lines', 'the-lines', 'thelines'].map(receiverFunction)
  assert.equal(new Set(names).size, 4)
  assert.equal(names[0], 'receiverLines', 'a name that is plain stays as it is')
  assert.throws(() => checkTaken(dev, names, { receiverLines: {} }), refusal('E_NAME', /a function "receiverLines"/))
})

test('a function names itself to services with as much of its name as their clients take', () => {
  const stage = { ...dev, service: 'clicks-of-all-our-shops', stage: 'staging' }
  const blocks = receiverBlocks(stage, serverlessOptions({ app }), { receivers: ['the-lines-of-a-socket'] })
  for (const { environment, name } of Object.values(blocks)) {
    assert.ok(String(name).length > 50)
    assert.equal(environment['AWS_SDK_UA_APP_ID'], String(name).slice(-50))
  }
})

test('packages that functions would only miss when they run are refused, all of them in one line', () => {
  checkPackages({ missing: [] })
  assert.throws(
    () => checkPackages({ missing: ['@aws-sdk/client-s3', 'pg'] }),
    (error) =>
      refusal('E_AWS_PACKAGE', /not installed: @aws-sdk\/client-s3, pg\./)(error) &&
      isOurs(error) &&
      error.next.join() === 'npm install @aws-sdk/client-s3 pg',
  )
})

test('an output that writes where state lies is refused: it would be allowed to delete it', () => {
  const writesTo = (prefix: string, bucket: string | null = null) => checkWrites({ writes: [{ bucket, prefix }] })
  for (const prefix of ['', 'blobs/', 'blobs/clicks/'])
    assert.throws(() => writesTo(prefix), refusal('E_CONF', /own bucket, where the state of the program lies/))
  for (const prefix of ['out/', 'b/', 'blobs-of-mine/']) writesTo(prefix)
  writesTo('blobs/', 'a-bucket-of-mine')
})

test('whoever wakes a program that goes by the clock is refused, instead of never being heard', () => {
  const options = serverlessOptions({ app, events: { buckets: ['logs'] } })
  checkEvents({ byEvents: true }, options)
  checkEvents({ byEvents: false }, serverlessOptions({ app }))
  assert.throws(() => checkEvents({ byEvents: false }, options), refusal('E_CONF', /batches come by the clock/))
})

for (const [what, environment, code, message] of [
  ['B10: a variable that is blank', { TOKEN: ' ' }, 'E_ENV', /The variable TOKEN .* is blank/],
  ['B10: one with a newline behind it', { TOKEN: 'hunter2\n' }, 'E_ENV', /TOKEN .* white space/],
  ['one that the plugin sets', { SLUICE_SLOTS: '8' }, 'E_ENV', /SLUICE_SLOTS .* the plugin sets/],
  ['one that the plugin sets, by a reference', { SLUICE_TABLE: { Ref: 'T' } }, 'E_ENV', /SLUICE_TABLE .* plugin sets/],
  ['how functions name themselves', { AWS_SDK_UA_APP_ID: 'me' }, 'E_ENV', /AWS_SDK_UA_APP_ID .* the plugin sets/],
  ['one that Lambda sets', { AWS_REGION: 'eu-west-1' }, 'E_ENV', /AWS_REGION .* AWS Lambda sets itself/],
  ['more than a function may have', { A: 'a'.repeat(4096) }, 'E_ENV', /variables .* are of 4097 bytes/],
  ['B10: a secret in plain text', { API_TOKEN: 'hunter2-hunter2' }, 'E_SECRET_INLINE', /API_TOKEN .* plain text/],
  [
    'B10: a password in an address',
    { DB: 'postgres://me:hunter2@db/x' },
    'E_SECRET_INLINE',
    /variable DB .* plain text/,
  ],
  [
    'B11: the metadata service as an address',
    { AWS_ENDPOINT_URL: 'http://169.254.169.254' },
    'E_ENDPOINT',
    /AWS_ENDPOINT_URL leads to/,
  ],
] as const) {
  test(`${what} is refused, and not shown`, () => {
    assert.throws(
      () => {
        checkEnvironment(environment, dev)
        checkSecrets(environment, Object.values(environment).join('\n'))
      },
      (error) => refusal(code, message)(error) && !/hunter2/.test(String(error)),
    )
  })
}

test('B11: a protected stage is not led away from Amazon', () => {
  const environment = { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000' }
  checkEnvironment(environment, dev)
  assert.throws(
    () => checkEnvironment(environment, { ...dev, stage: 'prod', keeps: true }),
    refusal('E_ENDPOINT', /protected, and AWS_ENDPOINT_URL_S3/),
  )
})

const refusal =
  (code: string, message: RegExp) =>
  (error: unknown): boolean =>
    isOurs(error) && error.code === code && message.test(error.message)
