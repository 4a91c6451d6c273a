import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb'
import { CreateStreamCommand, KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { startMeter } from '../../infra/meter.ts'
import { kafkaIsMissing, startKafka } from '../../infra/servers/kafka.ts'
import { FUNCTION_NAMES } from '../../lib/hosts/serverless/options.ts'
import { type Grant, grantsOf, judged, type Statement } from '../hosts/serverless/grants.ts'
import { KafkaFeed } from '../servers/kafka-feed.ts'
import { splitShard } from '../servers/reshard.ts'
import { everythingIn, stopSchedules } from './everything.ts'
import { processesOf } from './function-processes.ts'
import { Service, startAws } from './service.ts'
import { Ticks, untilFree } from './ticks.ts'

const ACCOUNT = '000000000000'

const ymlOf = (environment: Readonly<Record<string, string>>): string => `service: feeds
provider:
  name: aws
  runtime: nodejs24.x
  region: us-east-1
  environment: ${JSON.stringify(environment)}
plugins: [sluice/serverless]
sluice:
  app: src/app.ts
`

/** Three feeds into one state, and what each batch has added into three places. A record "gate" holds its batch up. */
const programOf = (version: string): string => `
import { existsSync } from 'node:fs'
import { app, seconds } from 'sluice'
import { dynamo, kinesis, s3TextFiles } from 'sluice/aws'
import { kafka, kafkaSink, StringDeserializer } from 'sluice/kafka'

const { SLUICE_BUCKET: bucket, BROKERS: brokers = '', GATE: gate = '' } = process.env
const version = '${version}'

function pair(text: string): [string, number] {
  const [key, n] = text.split(' ')
  while (key === 'gate' && !existsSync(gate)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
  return [key, Number(n)]
}

export default app('feeds', seconds(2), (ssc) => {
  const stream = ssc
    .source('stream', kinesis({ stream: 'feeds', start: 'TRIM_HORIZON' }))
    .map(({ data }) => pair(Buffer.from(data).toString()))
  const files = ssc.source('files', s3TextFiles(\`s3://\${bucket}/in\`)).map(pair)
  const topic = ssc
    .source('topic', kafka({ brokers, topics: 'in', startingOffsets: 'earliest', value: StringDeserializer }))
    .map(({ value }) => pair(value!))
  const added = stream.union(files).union(topic).reduceByKey((a, b) => a + b)
  added.output('added', kafkaSink({ brokers, topic: 'added', message: ([key, n]) => ({ key, value: String(n) }) }))
  added.output(
    'totals',
    dynamo({ table: 'feeds-totals', change: ([key, n]) => ({ key: { key }, add: { n }, set: { version } }) }),
  )
  added
    .updateStateByKey<number>((ns, sum) => ns.reduce((a, b) => a + b, sum ?? 0), { name: 'sums' })
    .map(([key, sum]) => \`\${key} \${sum} \${version}\`)
    .saveAsTextFiles(\`s3://\${bucket}/out/sums\`)
})
`

test('F16, F44: Kinesis, S3 and Kafka into DynamoDB, S3, Kafka, through kills, a reshard and a deploy', async (t) => {
  assert.equal(kafkaIsMissing(), null)
  const feeds = await Feeds.start(t)
  const { service, url } = feeds
  const before = await everythingIn(url)
  service.write('serverless.yml', ymlOf(feeds.environment))
  service.write('src/app.ts', programOf('one'))
  await service.osls('deploy')
  await stopSchedules(url)

  const ticks = new Ticks(service)
  await feeds.round()
  await feeds.arrived()
  for (const victim of ['task', 'output', 'task', 'coordinator'] as const) {
    await feeds.round()
    await feeds.kill(victim)
    if (victim === 'output') await splitShard(feeds.streams, 'feeds')
  }
  await feeds.arrived()
  await ticks.end()

  // The version that was published first, as a coordinator that Lambda lets come to its end.
  await untilFree(service, '1')
  await feeds.round('gate')
  const old = service.tickFor(30, '1')
  await feeds.held()
  service.write('src/app.ts', programOf('two'))
  assert.match(await service.osls('deploy'), /sums +src\/app.ts:\d+:\d+ .*✓/)
  const committedBefore = await feeds.versions()
  await feeds.round()
  feeds.open()
  assert.equal((await old).busy, false, `another one held the app: ${ticks.said.join('\n')}`)
  const ofOld = await feeds.versions()
  assert.ok(ofOld.length > committedBefore.length, 'the batch that was held is shown')
  assert.deepEqual([...new Set(ofOld)], ['one'], 'it ended on the version that it began with')
  const more = new Ticks(service)
  await feeds.round()
  await feeds.arrived()
  await service.collect()
  await more.end()
  const versions = await feeds.versions()
  assert.deepEqual(versions, versions.toSorted(), 'no batch of the old one after one of the new')
  assert.equal(versions.at(-1), 'two')
  assert.deepEqual(await feeds.sent(), feeds.wanted)

  for (const name of FUNCTION_NAMES) assert.deepEqual({ name, ...feeds.judged(name) }, { name, ...NOTHING_WRONG })

  const said = await service.osls('remove')
  assert.deepEqual(await everythingIn(url), before, said)
})

const NOTHING_WRONG = { forbidden: [], unused: [] }

/** What is fed in, what has to come out, and what has. */
class Feeds {
  readonly service: Service
  readonly url: string
  readonly environment: Readonly<Record<string, string>>
  readonly streams: KinesisClient
  readonly #tables: DynamoDBClient
  readonly #topics: KafkaFeed
  readonly #kafka: Awaited<ReturnType<typeof startKafka>>
  readonly #meter: Awaited<ReturnType<typeof startMeter>>
  readonly #sums = new Map<string, number>()
  #rounds = 0

  private constructor(
    t: TestContext,
    aws: Awaited<ReturnType<typeof startAws>>,
    kafkaServer: Awaited<ReturnType<typeof startKafka>>,
    meter: Awaited<ReturnType<typeof startMeter>>,
  ) {
    this.service = Service.inFolder(t, aws, 'feeds')
    this.url = aws.url
    const config = {
      region: 'us-east-1',
      endpoint: aws.url,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    }
    this.streams = new KinesisClient(config)
    this.#tables = new DynamoDBClient(config)
    this.#kafka = kafkaServer
    this.#topics = new KafkaFeed(kafkaServer.brokers)
    this.#meter = meter
    this.environment = {
      BROKERS: kafkaServer.brokers[0],
      GATE: join(this.service.folder, 'gate'),
      AWS_ENDPOINT_URL: meter.url,
    }
    t.after(async () => {
      this.streams.destroy()
      this.#tables.destroy()
      await this.#topics.close()
      await kafkaServer.stop()
      await meter.close()
    })
  }

  static async start(t: TestContext): Promise<Feeds> {
    const [aws, kafkaServer] = await Promise.all([startAws(t), startKafka()])
    const feeds = new Feeds(t, aws, kafkaServer, await startMeter(aws.url))
    await feeds.#topics.topic(2, {}, 'in')
    await feeds.#topics.topic(1, {}, 'added')
    await feeds.streams.send(new CreateStreamCommand({ StreamName: 'feeds', ShardCount: 1 }))
    await feeds.#tables.send(
      new CreateTableCommand({
        TableName: 'feeds-totals',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'key', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'key', KeyType: 'HASH' }],
      }),
    )
    return feeds
  }

  /** Some records for each feed. */
  async round(first = 'a'): Promise<void> {
    const round = ++this.#rounds
    const pairs = Array.from({ length: 20 }, (_, i): [string, number] => [i === 0 ? first : `k${i % 7}`, round + i])
    for (const [key, n] of pairs) this.#sums.set(key, (this.#sums.get(key) ?? 0) + 3 * n)
    const texts = pairs.map(([key, n]) => `${key} ${n}`)
    await this.streams.send(
      new PutRecordsCommand({
        StreamName: 'feeds',
        Records: texts.map((text, i) => ({ PartitionKey: `p${i}`, Data: Buffer.from(text) })),
      }),
    )
    await this.#topics.send(
      'in',
      texts.map((value) => ({ value })),
    )
    await this.service.put(`${round}.txt`, texts.join('\n'))
  }

  get wanted(): Record<string, number> {
    return Object.fromEntries([...this.#sums].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** Waits until everything that was fed in is counted in the table and in the objects. */
  async arrived(): Promise<void> {
    const [found, wanted] = [() => this.#found(), { totals: this.wanted, sums: this.wanted }]
    for (let tries = 0; tries < 240; tries++) {
      if (JSON.stringify(await found()) === JSON.stringify(wanted)) return
      await pause(500)
    }
    assert.deepEqual(await found(), wanted)
  }

  async #found(): Promise<unknown> {
    const { Items = [] } = await this.#tables.send(new ScanCommand({ TableName: 'feeds-totals' }))
    const totals = Items.map(({ key, n }): [string, number] => [key.S!, Number(n.N)])
    const sums = (await this.#saved(1))[0]?.map(([key, n]): [string, number] => [key, Number(n)]) ?? []
    const sorted = (pairs: [string, number][]): unknown =>
      Object.fromEntries(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)))
    return { totals: sorted(totals), sums: sorted(sums) }
  }

  /** The words of each line, batch by batch, of batches that were saved whole. */
  async #saved(newest = Infinity): Promise<string[][][]> {
    const folders = await this.service.saved('out/sums-', newest)
    return folders.map((lines) => lines.map((line) => line.split(' ')))
  }

  /** Which version of the program has made each batch that holds anything. */
  async versions(): Promise<string[]> {
    const batches = await this.#saved()
    return batches
      .filter((lines) => lines.length > 0)
      .map((lines) => [...new Set(lines.map((words) => words[2]))].join())
  }

  /** What consumers of the topic have been told of each key, all together. */
  async sent(): Promise<Record<string, number>> {
    const sums = new Map<string, number>()
    for (const [key, n] of await this.#kafka.consumed('added')) sums.set(key, (sums.get(key) ?? 0) + Number(n))
    return Object.fromEntries([...sums].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  /** Ends processes of a function in the middle of whatever they do, as soon as there are any. */
  async kill(name: 'coordinator' | 'task' | 'output'): Promise<void> {
    for (let tries = 0; tries < 240; tries++) {
      const processes = processesOf(`feeds-dev-${name}`, `GATE=${this.environment['GATE']}`)
      for (const pid of processes) process.kill(pid, 'SIGKILL')
      if (processes.length > 0) return
      await pause(250)
    }
    assert.fail(`no process of ${name} was there to be killed`)
  }

  /** Until a batch is under way that the gate holds up: its records are read, and it does not end. */
  async held(): Promise<void> {
    const read = (): number => this.#meter.calls.filter(({ action }) => action === 'kinesis:GetRecords').length
    for (const before = read(); read() === before;) await pause(250)
    await pause(3000)
  }

  open(): void {
    writeFileSync(this.environment['GATE'], '')
  }

  /** What a function did, held against its role as it was deployed. */
  judged(name: (typeof FUNCTION_NAMES)[number]): ReturnType<typeof judged> {
    const file = join(this.service.folder, '.serverless/cloudformation-template-update-stack.json')
    const { Resources } = JSON.parse(readFileSync(file, 'utf8')) as { Resources: Record<string, any> }
    const role = Resources[`Sluice${name[0].toUpperCase()}${name.slice(1)}Role`]
    const statements = role.Properties.Policies[0].PolicyDocument.Statement as Statement[]
    const grants = grantsOf(statements, ACCOUNT)
    const calls = this.#meter.calls.filter(({ caller }) => caller === `feeds-dev-${name}`)
    assert.ok(calls.length > 0, `${name} has called`)
    const { forbidden, unused } = judged(grants, calls)
    // What the engine itself may do is exercised in whole by test/offline/privileges.test.ts.
    const asked = grants.filter(isAskedFor).map(({ action, resource }) => `${action} ${resource}`)
    return { forbidden, unused: unused.filter((each) => asked.includes(each) && each !== IN_TROUBLE) }
  }
}

/** An item is looked at only where its change is refused, or nobody answers. */
const IN_TROUBLE = 'dynamodb:GetItem table/feeds-totals'

const isAskedFor = ({ resource }: Grant): boolean => resource === 'stream/feeds' || resource === 'table/feeds-totals'
