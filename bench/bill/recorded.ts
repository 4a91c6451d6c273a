import { setTimeout as sleep } from 'node:timers/promises'
import { CreateStreamCommand, type KinesisClient, PutRecordsCommand } from '@aws-sdk/client-kinesis'
import { createStores, startEmulators } from '../../lib/hosts/offline/emulators.ts'
import { localKinesis, startKinesisLocal } from '../../infra/servers/kinesis-local.ts'
import { kinesis } from '../../lib/adapters/aws/index.ts'
import { awsClients } from '../../lib/adapters/aws/clients.ts'
import { ManualClock } from '../../lib/adapters/local/manual-clock.ts'
import { jsonLines } from '../../lib/adapters/local/json-lines.ts'
import {
  type FunctionKind,
  type MemorySize,
  NOTHING,
  plus,
  times,
  type Usage,
  WORK_MS,
  workMs,
} from '../../lib/cli/bill.ts'
import { showOutputs } from '../../lib/hosts/functions/output.ts'
import { answerTaskCall } from '../../lib/hosts/functions/task-calls.ts'
import { KnownProgram, runDueBatches } from '../../lib/hosts/lambda/coordinator.ts'
import { type CoordinatorHost, coordinatorHost } from '../../lib/hosts/lambda/coordinator-host.ts'
import { decodeInvocation } from '../../lib/hosts/lambda/invocation.ts'
import { builtApp } from '../../lib/hosts/program/built-program.ts'
import { app, milliseconds, StateSpec } from '../../lib/index.ts'
import { tickPace } from '../../lib/model/tick-pace.ts'
import { lambdaServer } from '../../test/adapters/aws/lambda-server.ts'
import { withRealPauses } from '../../test/support/real-pauses.ts'
import { Invocation, recordCalls, recordedIn, tookMs } from './invocation.ts'

/** A program that counts what each key got, and how often. */
export interface Recording {
  readonly intervalMs: number
  readonly shards: number
  /** Records of a batch, each of a key of its own. */
  readonly records: number
  /** Bytes that a record leaves in the state of its key. */
  readonly bytes: number
  readonly batches: number
  readonly memorySize: MemorySize
}

/** What a batch has asked for, on average, and how often its source was called. */
export interface Recorded {
  readonly usage: Usage
  readonly sourced: number
}

const newest = StateSpec.function<string, string, string, string>((key, value, state) => {
  state.update(value!)
  return key
})

/** The platform's own part of a line of the log. */
const LINE_BYTES = 150
/** Batches until all processes are warm. */
const WARM = 4
/** Batches after which the records of a key come again. */
const KEYS_TIMES = 16
const MINUTE_MS = 60_000
/** How long a batch is waited for until time goes on without it. */
const PATIENCE_MS = 2000

/** Clients stay watched: twice, and each call would count twice. */
let isRecording = false

/** Runs batches of functions of this process, on emulators, and records what they ask of the services. */
export async function recordedBatches(recording: Recording): Promise<Recorded> {
  const { intervalMs, shards, batches, memorySize } = recording
  const emulators = await startEmulators()
  const streams = await startKinesisLocal()
  const [table, bucket, stream] = ['heads', 'objects', 'records']
  await createStores(emulators, table, bucket)
  const filling = localKinesis(streams.url)
  await filling.send(new CreateStreamCommand({ StreamName: stream, ShardCount: shards }))
  Object.assign(process.env, emulators.environment)
  if (!isRecording) recordCalls()
  isRecording = true

  const program = app('bill', milliseconds(intervalMs), (ssc) =>
    ssc
      .source('records', kinesis({ stream, start: 'TRIM_HORIZON', endpoint: streams.url }))
      .map(({ partitionKey, data }): [string, string] => [partitionKey, Buffer.from(data).toString()])
      .mapWithState(newest)
      .filter(() => false)
      .foreachRDD(() => {}),
  )
  let total: Recorded = { usage: NOTHING, sourced: 0 }
  let logged = () => {}
  let ran = 0
  const used = (usage: Usage, sourced: number): void => {
    total = { usage: plus(total.usage, usage), sourced: total.sourced + sourced }
  }
  const invoked = async <T>(kind: FunctionKind, asked: unknown, run: () => Promise<T>): Promise<T> => {
    const invocation = new Invocation(used)
    const answer = await recordedIn(invocation, run)
    const ms = invocation.waitedMs + workMs(WORK_MS[kind], memorySize[kind])
    tookMs(asked, ms)
    used({ ...NOTHING, ms: { ...NOTHING.ms, [kind]: ms } }, 0)
    return answer
  }
  // Ten seconds into a minute, where ticks come; the server of streams refuses times that its own clock has not reached.
  const began = Date.now() - (WARM + batches + 2) * Math.max(intervalMs, MINUTE_MS)
  const clock = new ManualClock(Math.floor(began / MINUTE_MS) * MINUTE_MS + 10_000)
  // One that stays sleeps until its next batch; the others only wait for services.
  const lived = tickPace(intervalMs) === 'stay' ? clock : withRealPauses(clock)
  const log = jsonLines((line) => {
    used({ ...NOTHING, logBytes: line.length + LINE_BYTES }, 0)
    if (!line.startsWith('{"type":"batch"')) return
    ran++
    logged()
  })
  const host = (): CoordinatorHost => ({ ...shared, clock: lived, log })
  const [task, output] = [builtApp(program, shards), builtApp(program, shards)]
  const lambda = await lambdaServer({
    task: (call) => invoked('task', call, () => answerTaskCall(call, task, host())),
    output: (request) => invoked('output', request, () => showOutputs(request, output, host(), Date.now() + MINUTE_MS)),
  })
  const environment = {
    ...emulators.environment,
    SLUICE_TABLE: table,
    SLUICE_BUCKET: bucket,
    SLUICE_TASK_FUNCTION: 'task',
    SLUICE_OUTPUT_FUNCTION: 'output',
    SLUICE_SLOTS: String(shards),
    AWS_ENDPOINT_URL_LAMBDA: lambda.url,
    ...(tickPace(intervalMs) === 'queue' ? { SLUICE_TICK_QUEUE: 'http://127.0.0.1/ticks' } : {}),
  }
  const shared = coordinatorHost(environment, awsClients(environment))
  const known = new KnownProgram()
  const wake = (event: unknown): Promise<unknown> =>
    invoked('coordinator', null, async () => {
      const context = { awsRequestId: 'bill', getRemainingTimeInMillis: () => 5 * MINUTE_MS }
      return runDueBatches(decodeInvocation(event, context, clock.now()), known, host())
    })
  const nextBatch = { schedule: byWaking, queue: byWaking, stay: byStaying }[tickPace(intervalMs)]()

  async function* byWaking(): AsyncGenerator<void> {
    for (;;) {
      await clock.advance(intervalMs)
      const at = clock.now()
      await wake(
        tickPace(intervalMs) === 'queue'
          ? queued({ sluice: { kind: 'tick', at } })
          : { time: new Date(at).toISOString() },
      )
      yield
    }
  }

  async function* byStaying(): AsyncGenerator<void> {
    for (;;) {
      const ended = wake({ time: new Date(clock.now()).toISOString() }).then(() => 'ended' as const)
      for (;;) {
        const batch = new Promise<'batch'>((resolve) => {
          logged = () => resolve('batch')
        })
        // Whoever has not come to wait for it yet is given the next one.
        let outcome: 'batch' | 'ended' | 'later' = 'later'
        while (outcome === 'later') {
          await clock.advance(intervalMs)
          outcome = await Promise.race([batch, ended, sleep(PATIENCE_MS, 'later' as const)])
        }
        if (outcome === 'ended') break
        yield
      }
    }
  }

  try {
    for (let batch = 0; batch < WARM + batches; batch++) {
      if (batch === WARM) [total, ran] = [{ usage: NOTHING, sourced: 0 }, 0]
      await feed(filling, stream, batch, recording)
      await nextBatch.next()
    }
    return { usage: times(total.usage, 1 / ran), sourced: total.sourced / ran }
  } finally {
    await lambda.close()
    await emulators.close()
    await streams.stop()
  }
}

const queued = (body: unknown): unknown => ({
  Records: [{ messageId: '1', receiptHandle: '1', body: JSON.stringify(body), eventSource: 'aws:sqs' }],
})

async function feed(
  client: KinesisClient,
  StreamName: string,
  batch: number,
  { records, bytes }: Pick<Recording, 'records' | 'bytes'>,
): Promise<void> {
  if (records === 0) return
  const Records = Array.from({ length: records }, (_, i) => ({
    PartitionKey: `key-${(batch % KEYS_TIMES) * records + i}`,
    Data: Buffer.from(valueOf(batch * records + i, bytes)),
  }))
  for (let from = 0; from < records; from += 500)
    await client.send(new PutRecordsCommand({ StreamName, Records: Records.slice(from, from + 500) }))
}

/** Text in which hardly anything repeats. */
function valueOf(seed: number, bytes: number): string {
  let [text, state] = ['', seed + 1]
  while (text.length < bytes) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += state.toString(36)
  }
  return text.slice(0, bytes)
}
