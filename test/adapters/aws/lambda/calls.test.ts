import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { awsClients } from '../../../../lib/adapters/aws/clients.ts'
import { S3BlobStore } from '../../../../lib/adapters/aws/s3/s3-blob-store.ts'
import { s3TextFiles } from '../../../../lib/adapters/aws/s3/s3-files.ts'
import { ManualClock } from '../../../../lib/adapters/local/manual-clock.ts'
import { showOutputs } from '../../../../lib/hosts/functions/output.ts'
import { answerTaskCall } from '../../../../lib/hosts/functions/task-calls.ts'
import { KnownProgram, runDueBatches } from '../../../../lib/hosts/lambda/coordinator.ts'
import { type AwsHost, awsHost } from '../../../../lib/hosts/lambda/host.ts'
import { decodeInvocation } from '../../../../lib/hosts/lambda/invocation.ts'
import { builtApp } from '../../../../lib/hosts/program/built-program.ts'
import { silentLog } from '../../../../lib/host/log.ts'
import { app, minutes } from '../../../../lib/index.ts'
import { emulated } from '../emulated.ts'
import { lambdaServer } from '../lambda-server.ts'
import { wrappedClients } from '../wrapped-clients.ts'

const { emulators, clients, table, bucket, fresh } = await emulated()
const MINUTE = 60_000

/** Calls of services in one batch, by kind; what the source and `saveAsTextFiles` ask for themselves is not in it. */
interface Counted {
  readonly invocations: number
  readonly headWrites: number
  readonly headBytes: number
  readonly headReads: number
  readonly puts: number
  readonly gets: number
  readonly lists: number
  readonly deletes: number
}

/** Batches of these inputs, each an invocation of its own, and what each costs. */
async function counted(inputs: readonly (readonly string[])[], slots: number): Promise<Counted[]> {
  const name = `t${fresh()}`
  const program = app(name, minutes(1), (ssc) => {
    ssc
      .source('lines', s3TextFiles(`s3://${bucket}/${name}/in`))
      .flatMap((line) => line.split(' '))
      .map((word) => [word, 1] as [string, number])
      .updateStateByKey<number>((added, sum) => added.reduce((a, b) => a + b, sum ?? 0))
      .foreachRDD(() => {})
  })
  const calls: { readonly what: string; readonly bytes: number }[] = []
  const lambda = await lambdaServer({
    task: (message) => answerTaskCall(message, task, host()),
    output: (request) => showOutputs(request, output, host(), Date.now() + 60_000),
  })
  const clock = new ManualClock(Date.parse('2026-01-01T00:00:10Z'))
  const environment = {
    ...emulators.environment,
    SLUICE_TABLE: table,
    SLUICE_BUCKET: bucket,
    SLUICE_TASK_FUNCTION: 'task',
    SLUICE_OUTPUT_FUNCTION: 'output',
    SLUICE_SLOTS: String(slots),
    AWS_ENDPOINT_URL_LAMBDA: lambda.url,
  }
  const own = awsClients(environment)
  const watched = wrappedClients(own, (send, { constructor: { name: what }, input }) => {
    calls.push({ what, bytes: input.Item?.value?.B?.length ?? 0 })
    return send()
  })
  after(async () => {
    await lambda.close()
    for (const each of await Promise.all([own.lambda(), own.s3(), own.dynamoReads(), own.dynamoWrites()]))
      each.client.destroy()
  })
  const host = (): AwsHost => ({ ...awsHost(environment, watched), clock, log: silentLog })
  const [task, output] = [builtApp(program, slots), builtApp(program, slots)]
  const known = new KnownProgram()
  const invoke = () =>
    runDueBatches(
      decodeInvocation({}, { awsRequestId: fresh(), getRemainingTimeInMillis: () => MINUTE }, clock.now()),
      known,
      host(),
    )
  await invoke()
  const put = new S3BlobStore(clients, bucket, `${name}/`)
  const found: Counted[] = []
  for (const [batch, files] of inputs.entries()) {
    for (const [i, text] of files.entries()) await put.putNew(`in/${batch}-${i}`, Buffer.from(text))
    await clock.advance(MINUTE)
    calls.length = 0
    assert.deepEqual(await invoke(), { busy: false, batches: 1, committed: batch + 1 })
    const of = (...whats: string[]): number => calls.filter(({ what }) => whats.includes(what)).length
    found.push({
      invocations: of('InvokeCommand'),
      headWrites: of('PutItemCommand'),
      headBytes: Math.max(...calls.map(({ bytes }) => bytes)),
      headReads: of('GetItemCommand', 'QueryCommand'),
      puts: of('PutObjectCommand'),
      gets: of('GetObjectCommand'),
      lists: of('ListObjectsV2Command'),
      deletes: of('DeleteObjectCommand', 'DeleteObjectsCommand'),
    })
  }
  return found
}

/** Four files of 2 kB, with words that come again. */
const smallBatch = Array.from({ length: 4 }, (_, file) =>
  Array.from({ length: 350 }, (_w, i) => `w${(i * 7 + file) % 40}`).join(' '),
)

test('a small batch is two calls of functions, two writes of the head, and nothing is listed', async () => {
  const batches = await counted([smallBatch, smallBatch, [], smallBatch], 4)
  for (const { invocations, headWrites, headBytes, headReads, puts, gets, lists, deletes } of batches.slice(1)) {
    assert.deepEqual(
      { invocations, headWrites, lists, deletes },
      { invocations: 2, headWrites: 2, lists: 0, deletes: 0 },
    )
    assert.deepEqual({ headReads, gets, puts }, { headReads: 3, gets: 1, puts: 0 })
    assert.ok(headBytes < 4096, `${headBytes} bytes`)
  }
})

test('a batch that is not small is spread over its slots', async () => {
  const large = Array.from({ length: 4 }, (_, file) => smallBatch[file].repeat(400))
  const [, batch] = await counted([smallBatch, large], 4)
  assert.ok(batch.invocations >= 6 && batch.headWrites === 2, JSON.stringify(batch))
})
