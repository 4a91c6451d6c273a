import assert from 'node:assert/strict'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { CreateStreamCommand, KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis'
import { InvokeCommand } from '@aws-sdk/client-lambda'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { GetQueueAttributesCommand, GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { everythingIn, stopSchedules } from './everything.ts'
import { Service, startAws } from './service.ts'

const STREAM = 'arrivals'
const ymlOf = (gates: string): string => `service: arrivals
provider:
  name: aws
  runtime: nodejs24.x
  region: us-east-1
  environment: { GATES: '${gates}' }
plugins: [sluice/serverless]
sluice:
  app: src/app.ts
  events: { streams: ['arn:aws:kinesis:us-east-1:000000000000:stream/${STREAM}'] }
`

/**
 * Counts words of files and of records. What is put below in/ and into the stream is an event, what is put below quiet/
 * is none. A word "gate-…" holds its batch up until somebody opens.
 */
const program = `
import { existsSync, writeFileSync } from 'node:fs'
import { app, seconds } from 'sluice'
import { kinesis, s3TextFiles } from 'sluice/aws'

const { SLUICE_BUCKET: bucket, GATES: gates = '' } = process.env

function passed(word: string): string {
  if (!word.startsWith('gate-')) return word
  writeFileSync(\`\${gates}/\${word}-holds\`, '')
  while (!existsSync(\`\${gates}/\${word}\`)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50)
  return word
}

export default app(
  'arrivals',
  seconds(2),
  (ssc) => {
    const files = ssc.source('files', s3TextFiles(\`s3://\${bucket}/in\`))
    const quiet = ssc.source('quiet', s3TextFiles(\`s3://\${bucket}/quiet\`))
    const records = ssc
      .source('records', kinesis({ stream: '${STREAM}', start: 'TRIM_HORIZON' }))
      .map(({ data }) => Buffer.from(data).toString())
    // The stream is read before a gate holds its batch up: where the batch ends in it is found by reading.
    records
      .union(files)
      .union(quiet)
      .map(passed)
      .saveAsTextFiles(\`s3://\${bucket}/out/words\`)
  },
  { conf: { 'sluice.trigger': 'events' } },
)
`

test('an event-triggered job: whatever happens, also while a batch runs, leads to a batch after it', async (t) => {
  const job = await Job.start(t)
  const before = await everythingIn(job.url)
  job.service.write('serverless.yml', ymlOf(job.gates))
  job.service.write('src/app.ts', program)
  await job.service.osls('deploy')
  await stopSchedules(job.url)

  const events: Readonly<Record<string, (word: string) => Promise<unknown>>> = {
    object: (word) => job.service.put(word, word),
    record: (word) => job.record(word),
    message: (word) => job.quietly(word).then(() => job.message('{"any":"thing"}')),
    invoke: (word) => job.quietly(word).then(() => job.invoke()),
  }
  for (const [what, happens] of Object.entries(events)) {
    t.diagnostic(what)
    await happens(`first-${what}`)
    await job.has(`first-${what}`)

    await job.held(`gate-${what}`)
    await happens(`then-${what}`)
    await job.waiting()
    assert.equal(await job.batchOf(`gate-${what}`), null, 'the batch is still under way')
    job.open(`gate-${what}`)
    await job.has(`then-${what}`)
    assert.deepEqual(await job.batchOf(`gate-${what}`), [`gate-${what}`])
    assert.deepEqual(await job.batchOf(`then-${what}`), [`then-${what}`])
  }

  // Nothing tells of it, so it waits for the next event: what happened before has all been dealt with.
  await job.atRest()
  await job.quietly('untold')
  await pause(6000)
  assert.equal(await job.batchOf('untold'), null)
  await job.service.put('told', 'told')
  await job.has('told')
  assert.deepEqual((await job.batchOf('told'))!.toSorted(), ['told', 'untold'])

  const said = await job.service.osls('remove')
  assert.deepEqual(await everythingIn(job.url), before, said)
})

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 240; tries++) {
    if (await holds()) return
    await pause(250)
  }
  assert.fail(`waited in vain for ${what}`)
}

/** The deployed program, and what happens around it. */
class Job {
  readonly service: Service
  readonly url: string
  readonly gates: string
  readonly #streams: KinesisClient
  readonly #queues: SQSClient

  private constructor(t: TestContext, aws: Awaited<ReturnType<typeof startAws>>) {
    this.service = Service.inFolder(t, aws, 'arrivals')
    this.url = aws.url
    this.gates = join(this.service.folder, 'gates')
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
    const config = { region: 'us-east-1', endpoint: aws.url, credentials }
    this.#streams = new KinesisClient(config)
    this.#queues = new SQSClient(config)
  }

  static async start(t: TestContext): Promise<Job> {
    const job = new Job(t, await startAws(t))
    mkdirSync(job.gates)
    await job.#streams.send(new CreateStreamCommand({ StreamName: STREAM, ShardCount: 1 }))
    return job
  }

  record(word: string): Promise<unknown> {
    return this.#streams.send(new PutRecordCommand({ StreamName: STREAM, PartitionKey: word, Data: Buffer.from(word) }))
  }

  /** Puts a word where nothing tells of it. */
  quietly(word: string): Promise<unknown> {
    const { objects, bucket } = this.service
    return objects.send(new PutObjectCommand({ Bucket: bucket, Key: `quiet/${word}`, Body: word }))
  }

  async message(body: string): Promise<void> {
    await this.#queues.send(new SendMessageCommand({ QueueUrl: await this.#queue(), MessageBody: body }))
  }

  async #queue(): Promise<string> {
    const { QueueUrl } = await this.#queues.send(new GetQueueUrlCommand({ QueueName: 'arrivals-dev-ticks' }))
    return QueueUrl!
  }

  /** Invokes the coordinator without waiting for what comes of it. */
  async invoke(): Promise<void> {
    await this.service.functions.send(
      new InvokeCommand({ FunctionName: 'arrivals-dev-coordinator', InvocationType: 'Event', Payload: '{}' }),
    )
  }

  /** Until a batch is under way that holds a word which does not let it go on. */
  async held(gate: string): Promise<void> {
    await this.quietly(gate)
    await this.invoke()
    await until(`a batch with ${gate}`, () => existsSync(join(this.gates, `${gate}-holds`)))
  }

  open(gate: string): void {
    writeFileSync(join(this.gates, gate), '')
  }

  /** Until an event lies in the queue; some time, where who tells of it waits for the batch under way. */
  async waiting(): Promise<void> {
    for (let tries = 0; tries < 20 && (await this.#onTheWay()) === 0; tries++) await pause(250)
  }

  /** Until no event has been on its way for six seconds; one that came while a batch ran may lead to a second one. */
  async atRest(): Promise<void> {
    let quiet = 0
    await until('the last event', async () => {
      quiet = (await this.#onTheWay()) === 0 ? quiet + 1 : 0
      return quiet > 24
    })
  }

  /** Events in the queue, and those that somebody is dealing with. */
  async #onTheWay(): Promise<number> {
    const { Attributes } = await this.#queues.send(
      new GetQueueAttributesCommand({ QueueUrl: await this.#queue(), AttributeNames: ['All'] }),
    )
    const { ApproximateNumberOfMessages: now, ApproximateNumberOfMessagesDelayed: later } = Attributes!
    return Number(now) + Number(later) + Number(Attributes!.ApproximateNumberOfMessagesNotVisible)
  }

  /** The words of the batch that has shown this one. */
  async batchOf(word: string): Promise<readonly string[] | null> {
    return (await this.service.saved('out/words-', Infinity)).find((words) => words.includes(word)) ?? null
  }

  has(word: string): Promise<void> {
    return until(`a batch with ${word}`, async () => (await this.batchOf(word)) !== null)
  }
}
