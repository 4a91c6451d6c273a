import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../..', import.meta.url))

const program = `
import { app, seconds } from 'sluice'
import { s3TextFiles } from 'sluice/aws'
import { kafka } from 'sluice/kafka'
import { webhook } from 'sluice/sinks'

export default app('clicks', seconds(60), (ssc) => {
  ssc.source('lines', s3TextFiles('s3://somewhere/in')).count().output('counts', webhook('https://example.com'))
  if (process.env['NEVER']) console.log(kafka)
})
`
/** Places of every kind that somebody needs a right for. */
const everywhere = `
import { app, seconds } from 'sluice'
import { dynamo, kinesis, lambdaSink, s3TextFiles, snsSink, sqsSink } from 'sluice/aws'
import { files, webhook } from 'sluice/sinks'

export default app('clicks', seconds(60), (ssc) => {
  const topicArn = 'arn:aws:sns:eu-west-1:123456789012:alerts'
  const lines = ssc.source('lines', s3TextFiles('s3://somewhere/in'))
  lines.count().output('rows', files('s3://lake/rows', { format: 'ndjson' }))
  ssc.textFileStream('s3://logs/a/').count().output('counts', webhook('https://example.com'))
  ssc.socketTextStream('example.com', 9999, { name: 'the-lines' }).print()
  const keys = ssc.source('clicks', kinesis({ stream: 'clicks' })).map(({ partitionKey }) => partitionKey)
  keys.output('pages', dynamo({ table: 'pages', change: (id) => ({ key: { id } }) }))
  keys.output('again', dynamo({ table: 'pages', change: (id) => ({ key: { id } }) }))
  keys.output('alerts', snsSink({ topicArn }))
  keys.output('mails', lambdaSink({ functionName: 'mails' }))
  keys.output('later', sqsSink({ queueUrl: process.env['QUEUE'] }))
})
`
const yml = (block = 'app: src/app.ts', provider = ''): string => `service: clicks
provider: { name: aws, runtime: nodejs24.x, region: eu-west-1${provider} }
plugins: [sluice/serverless]
sluice:
  ${block}
`

test('five lines of YAML become four functions with a role each, without network and credentials', async () => {
  const { code, out, template, zips, built } = await packaged(yml())
  assert.equal(code, 0, out)
  assert.deepEqual(zips, ['coordinator.zip', 'gc.zip', 'output.zip', 'task.zip'])
  // The runtime looks for the handler without an ending first.
  const handlers = zips.map((name) => name.replace('.zip', ''))
  assert.deepEqual([handlers.filter((name) => built.includes(name)), built.includes('task-parts')], [[], true])

  const functions = ofType(template, 'AWS::Lambda::Function')
  assert.deepEqual(
    new Set(functions.map(({ Properties }) => Properties.FunctionName)),
    new Set(['coordinator', 'gc', 'output', 'task'].map((name) => `clicks-dev-${name}`)),
  )
  assert.equal(new Set(functions.map(({ Properties }) => JSON.stringify(Properties.Role))).size, 4)
  const [{ Properties: table }] = ofType(template, 'AWS::DynamoDB::Table')
  assert.equal(table.TableName, 'clicks-dev-sluice')
  assert.deepEqual(
    table.KeySchema.map(({ AttributeName, KeyType }: Record<string, string>) => [AttributeName, KeyType]),
    [
      ['pk', 'HASH'],
      ['sk', 'RANGE'],
    ],
  )
})

test('F16: the coordinator calls the versions that were published with it', async () => {
  const { template } = await packaged(yml('app: src/app.ts', ', versionFunctions: false'))
  const { Variables } = template['CoordinatorLambdaFunction'].Properties.Environment
  for (const [variable, name] of [
    ['SLUICE_TASK_FUNCTION', 'Task'],
    ['SLUICE_OUTPUT_FUNCTION', 'Output'],
  ] as const) {
    const version = template[Variables[variable].Ref]
    assert.equal(version.Type, 'AWS::Lambda::Version')
    assert.deepEqual(version.Properties.FunctionName, { Ref: `${name}LambdaFunction` })
  }
})

test('no action is a wildcard, and user code may neither write the head nor delete state', async () => {
  const { template } = await packaged(yml())
  const statementsOf = (name: string): any[] =>
    template[`Sluice${name}Role`].Properties.Policies[0].PolicyDocument.Statement
  for (const name of ['Coordinator', 'Task', 'Output', 'Gc'])
    for (const { Action, Resource } of statementsOf(name)) {
      assert.ok((Action as string[]).every((action) => !action.includes('*')))
      assert.notEqual(Resource, '*')
    }
  for (const name of ['Task', 'Output']) {
    const allowed = statementsOf(name).flatMap(({ Action }) => Action as string[])
    assert.ok(!allowed.some((action) => /PutItem|UpdateItem|DeleteItem|InvokeFunction/.test(action)))
    for (const { Action, Resource } of statementsOf(name))
      if ((Action as string[]).includes('s3:DeleteObject')) assert.match(JSON.stringify(Resource), /\/out\/\*/)
  }
})

test('a receiver has a function of its own, woken each minute, which may write neither head nor state', async () => {
  const { code, out, template, zips } = await packaged(yml(), 'dev', everywhere)
  assert.equal(code, 0, out)
  const [name, ...more] = ofType(template, 'AWS::Lambda::Function')
    .map(({ Properties }) => Properties)
    .filter(({ FunctionName }) => FunctionName.includes('receiver'))
  assert.deepEqual(more, [])
  assert.match(name.FunctionName, /^clicks-dev-receiverThelines\w+$/)
  assert.equal(name.Environment.Variables.SLUICE_RECEIVER, 'the-lines')
  assert.ok(name.Timeout <= 900)
  assert.ok(zips.some((zip) => zip.startsWith('receiver')))
  const id = Object.keys(template).find((each) => /^SluiceReceiver\w+Role$/.test(each))!
  assert.deepEqual(name.Role, { 'Fn::GetAtt': [id, 'Arn'] })
  const statements: any[] = template[id].Properties.Policies[0].PolicyDocument.Statement
  const [put] = statements.filter(({ Action }) => Action.includes('dynamodb:PutItem'))
  assert.deepEqual(put.Condition['ForAllValues:StringLike'], { 'dynamodb:LeadingKeys': ['receivers/*'] })
  assert.doesNotMatch(JSON.stringify(statements), /DeleteObject|UpdateItem|InvokeFunction|ListBucket/)
  const minutely = ofType(template, 'AWS::Events::Rule').filter(
    ({ Properties }) => Properties.ScheduleExpression === 'rate(1 minute)',
  )
  assert.equal(minutely.length, 2)
})

const TOPIC = 'arn:aws:sns:eu-west-1:000000000000:ops'
/** A protected stage, with alarms. */
const watched = (): Promise<Packaged> => packaged(yml(`app: src/app.ts\n  alarms: { topic: '${TOPIC}' }`), 'prod')

test('a protected stage keeps its table and bucket, any other leaves nothing', async () => {
  for (const [{ template }, policy] of [
    [await watched(), 'Retain'],
    [await packaged(yml()), 'Delete'],
  ] as const) {
    for (const id of ['SluiceHeads', 'SluiceObjects']) assert.equal(template[id].DeletionPolicy, policy)
    const { Rules } = template['SluiceObjects'].Properties.LifecycleConfiguration
    assert.ok(!JSON.stringify(Rules).includes('Expiration'), 'F65: no rule may expire objects')
  }
})

test('ticks that fail lie in a queue, alarms only with a topic, and logs go after 14 days', async () => {
  const { template } = await packaged(yml())
  assert.equal(ofType(template, 'AWS::CloudWatch::Alarm').length, 0)
  const [{ Properties: queue }, ...more] = ofType(template, 'AWS::SQS::Queue')
  assert.deepEqual(more, [], 'a minute needs no queue of ticks')
  assert.equal(queue.QueueName, 'clicks-dev-dead-ticks')
  const configs = ofType(template, 'AWS::Lambda::EventInvokeConfig').map(({ Properties }) => Properties)
  for (const config of configs)
    assert.deepEqual([config.MaximumRetryAttempts, config.MaximumEventAgeInSeconds], [0, 60])
  assert.ok(
    configs.some(({ DestinationConfig }) => JSON.stringify(DestinationConfig).includes('clicks-dev-dead-ticks')),
  )
  for (const { Properties } of ofType(template, 'AWS::Logs::LogGroup')) assert.equal(Properties.RetentionInDays, 14)
  for (const { Properties } of ofType(template, 'AWS::Lambda::Function')) {
    assert.equal(Properties.LoggingConfig.SystemLogLevel, 'WARN')
    assert.deepEqual(Properties.Architectures, ['arm64'])
  }

  const alarms = ofType((await watched()).template, 'AWS::CloudWatch::Alarm')
  assert.equal(alarms.length, 5)
  for (const { Properties } of alarms) assert.deepEqual(Properties.AlarmActions, [TOPIC])
})

test('F16, F17: a coordinator may call every published version, and those of earlier deploys stay', async () => {
  const { template } = await packaged(yml())
  const called = template['SluiceCoordinatorRole'].Properties.Policies[0].PolicyDocument.Statement.find(
    ({ Action }: { Action: string[] }) => Action.includes('lambda:InvokeFunction'),
  ).Resource
  for (const name of ['task', 'output']) assert.match(JSON.stringify(called), new RegExp(`clicks-dev-${name}:\\*`))
  for (const { DeletionPolicy } of ofType(template, 'AWS::Lambda::Version')) assert.equal(DeletionPolicy, 'Retain')
})

process.env['CLICKS_TOKEN'] = 'hunter2-hunter2'
/** Of two seconds, with a secret that its environment holds. */
const fast = (): Promise<Packaged> =>
  packaged(
    yml('app: src/app.ts', ", environment: { TOKEN: '${env:CLICKS_TOKEN}' }"),
    'dev',
    program.replace('seconds(60)', 'seconds(2)'),
  )

test('below a minute a queue wakes the coordinator, which may send to it and take from it', async () => {
  const { template } = await packaged(yml(), 'dev', program.replace('seconds(60)', 'seconds(10)'))
  assert.deepEqual(template['CoordinatorLambdaFunction'].Properties.Environment.Variables.SLUICE_TICK_QUEUE, {
    Ref: 'SluiceTicks',
  })
  const { QueueName, VisibilityTimeout, RedrivePolicy } = template['SluiceTicks'].Properties
  assert.equal(QueueName, 'clicks-dev-ticks')
  assert.ok(VisibilityTimeout >= template['CoordinatorLambdaFunction'].Properties.Timeout)
  assert.match(JSON.stringify(RedrivePolicy), /clicks-dev-dead-ticks/)
  const { EventSourceArn, FunctionName, FunctionResponseTypes } = template['SluiceTickMapping'].Properties
  assert.deepEqual(
    [EventSourceArn, FunctionName],
    [{ 'Fn::GetAtt': ['SluiceTicks', 'Arn'] }, { Ref: 'CoordinatorLambdaFunction' }],
  )
  assert.deepEqual(FunctionResponseTypes, ['ReportBatchItemFailures'])
  assert.match(grantsOfRole(template, 'Coordinator'), /sqs:SendMessage sqs:ReceiveMessage.*:clicks-dev-ticks/)
  assert.doesNotMatch(grantsOfRole((await packaged(yml())).template, 'Coordinator'), /clicks-dev-ticks/)
  assert.equal((await fast()).template['SluiceTicks'], undefined, 'to wait is cheaper there')
})

test('a program that waits for events gets a queue that its bucket and others may send to', async () => {
  const stream = 'arn:aws:kinesis:eu-west-1:123456789012:stream/clicks'
  const { template, out } = await packaged(
    yml(`app: src/app.ts\n  events: { buckets: [elsewhere], streams: ['${stream}'] }`),
    'dev',
    program.replace(/\}\)\n$/, "}, { conf: { 'sluice.trigger': 'events' } })\n"),
  )
  assert.ok(template['SluiceTicks'], out)
  const [{ Event, Filter }] = template['SluiceObjects'].Properties.NotificationConfiguration.QueueConfigurations
  assert.deepEqual([Event, Filter.S3Key.Rules], ['s3:ObjectCreated:*', [{ Name: 'prefix', Value: 'in/' }]])
  const senders = JSON.stringify(template['SluiceTickSenders'].Properties.PolicyDocument)
  for (const name of ['clicks-dev-sluice-', 's3:::elsewhere']) assert.ok(senders.includes(name), senders)
  const mappings = ofType(template, 'AWS::Lambda::EventSourceMapping').map(
    ({ Properties }) => Properties.EventSourceArn,
  )
  assert.deepEqual(mappings, [{ 'Fn::GetAtt': ['SluiceTicks', 'Arn'] }, stream])
  assert.match(grantsOfRole(template, 'Coordinator'), /kinesis:GetRecords.*stream\/clicks/)
  const rules = ofType(template, 'AWS::Events::Rule').map(({ Properties }) => Properties.ScheduleExpression)
  assert.deepEqual(rules, ['rate(1 hour)', 'rate(1 hour)'])
  const [waits] = ofType(template, 'AWS::Lambda::EventInvokeConfig')
    .map(({ Properties }) => Properties)
    .filter(({ FunctionName }) => JSON.stringify(FunctionName).includes('Coordinator'))
  assert.deepEqual([waits.MaximumRetryAttempts, waits.MaximumEventAgeInSeconds], [2, 21_600])
})

test('places in S3 that sources read and outputs write are granted to the function that does it', async () => {
  const { template } = await packaged(yml(), 'dev', everywhere)
  const task = grantsOfRole(template, 'Task')
  for (const part of [
    's3:GetObject {"Fn::Sub":"arn:${AWS::Partition}:s3:::somewhere/in/*"}',
    's3:GetObject {"Fn::Sub":"arn:${AWS::Partition}:s3:::logs/a/*"}',
  ])
    assert.ok(task.includes(part), task)
  assert.doesNotMatch(task, /lake/)
  const output = grantsOfRole(template, 'Output')
  assert.ok(output.includes('s3:::lake/rows/*'), output)
  assert.doesNotMatch(output, /somewhere|logs\/a/)
})

test('what sources and outputs need of other services is granted to the function that does it', async () => {
  const { template, out } = await packaged(yml(), 'dev', everywhere)
  const here = '${AWS::Region}:${AWS::AccountId}'
  const task = grantsOfRole(template, 'Task')
  assert.ok(
    task?.includes(`kinesis:GetRecords {"Fn::Sub":"arn:\${AWS::Partition}:kinesis:${here}:stream/clicks"}`),
    out,
  )
  assert.doesNotMatch(task, /UpdateItem|Publish/)
  const output = grantsOfRole(template, 'Output')
  for (const grant of [
    `dynamodb:UpdateItem dynamodb:GetItem {"Fn::Sub":"arn:\${AWS::Partition}:dynamodb:${here}:table/pages"}`,
    'sns:Publish "arn:aws:sns:eu-west-1:123456789012:alerts"',
    `lambda:InvokeFunction {"Fn::Sub":"arn:\${AWS::Partition}:lambda:${here}:function:mails"}`,
  ])
    assert.equal(output.split(grant).length, 2, output)
  assert.doesNotMatch(output, /kinesis/)
})

/** What a role allows, one statement a line. */
const grantsOfRole = (template: Packaged['template'], name: string): string =>
  template[`Sluice${name}Role`].Properties.Policies[0].PolicyDocument.Statement.map(
    ({ Action, Resource }: { Action: string[]; Resource: unknown }) =>
      `${Action.join(' ')} ${JSON.stringify(Resource)}`,
  ).join('\n')

test('B05: what the block may not say is refused before anything is packaged, with what to write', async () => {
  const { code, out } = await packaged(yml('app: src/app.ts\n  slot: 2'))
  assert.notEqual(code, 0)
  assert.match(out, /\nE_UNKNOWN_OPTION {2}"sluice" in serverless.yml has no option "slot"/)
})

test('B10: what no variable may hold is refused before anything is packaged, and not shown', async () => {
  const { code, out } = await packaged(yml('app: src/app.ts', ', environment: { API_TOKEN: hunter2-hunter2 }'))
  assert.notEqual(code, 0)
  assert.match(out, /API_TOKEN .* plain text/)
  assert.doesNotMatch(out, /hunter2/)
})

test('B10: a secret that comes from elsewhere is none of the file', async () => {
  const { code, out } = await fast()
  assert.equal(code, 0, out)
})

test('B57: a tag that makes code of a text is refused', async () => {
  const { code } = await packaged(yml('app: src/app.ts\n  slots: !!js/function "function () { return 2 }"'))
  assert.notEqual(code, 0)
})

test('the functions hold no engine of a process that stays', async () => {
  const { code, sources } = await packaged(yml())
  assert.equal(code, 0)
  assert.ok(sources.some((path) => path.endsWith('hosts/lambda/coordinator.ts')))
  assert.deepEqual(
    sources.filter((path) => /lib\/(hosts\/embedded|adapters\/local\/(blob-directory|head-|socket))/.test(path)),
    [],
  )
})

interface Resource {
  readonly Type: string
  readonly DeletionPolicy?: string
  readonly Properties: any
}

interface Packaged {
  readonly code: number
  readonly out: string
  readonly template: Readonly<Record<string, Resource>>
  readonly zips: readonly string[]
  /** Files and folders beside the entries of the functions. */
  readonly built: readonly string[]
  /** Of the coordinator and its parts, by their source maps. */
  readonly sources: readonly string[]
}

const ofType = (template: Packaged['template'], type: string): Resource[] =>
  Object.values(template).filter((resource) => resource.Type === type)

const folders: string[] = []
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

const known = new Map<string, Promise<Packaged>>()

/** Once for each file, stage and program. */
function packaged(file: string, stage = 'dev', source = program): Promise<Packaged> {
  const name = `${stage} ${file} ${source}`
  if (!known.has(name)) known.set(name, packageAnew(file, stage, source))
  return known.get(name)!
}

/** What `serverless package` makes of the file, in a folder of its own. */
async function packageAnew(file: string, stage: string, source: string): Promise<Packaged> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-plugin-'))
  folders.push(folder)
  for (const [path, text] of Object.entries({ 'serverless.yml': file, 'src/app.ts': source, 'package.json': '{}' })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/sluice'))
  const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, AWS_PROFILE: _profile, ...rest } = process.env
  const bin = join(root, 'node_modules/serverless/bin/serverless.js')
  const { code, out } = await new Promise<{ code: number; out: string }>((resolve) => {
    execFile(
      process.execPath,
      [bin, 'package', '--stage', stage],
      {
        cwd: folder,
        env: { ...rest, HOME: folder, AWS_EC2_METADATA_DISABLED: 'true', NODE_OPTIONS: '--conditions=sluice-source' },
      },
      (error, stdout, stderr) => resolve({ code: error ? 1 : 0, out: stdout + stderr }),
    )
  })
  if (code !== 0) return { code, out, template: {}, zips: [], built: [], sources: [] }
  const made = join(folder, '.serverless')
  const { Resources } = JSON.parse(readFileSync(join(made, 'cloudformation-template-update-stack.json'), 'utf8')) as {
    Resources: Packaged['template']
  }
  const zips = readdirSync(made).filter((name) => name.endsWith('.zip'))
  const functions = join(folder, '.sluice/functions')
  const maps = readdirSync(functions, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /^coordinator[.-].*\.map$/.test(name),
  )
  const sourcesOf = (name: string): string[] => JSON.parse(readFileSync(join(functions, name), 'utf8')).sources
  return {
    code,
    out,
    template: Resources,
    zips: zips.toSorted(),
    built: readdirSync(functions),
    sources: maps.flatMap(sourcesOf),
  }
}
