import assert from 'node:assert/strict'
import { after } from 'node:test'
import { awsClients, type Credentials } from '../../../../lib/adapters/aws/clients.ts'
import { S3BlobStore } from '../../../../lib/adapters/aws/s3/s3-blob-store.ts'
import { ManualClock } from '../../../../lib/adapters/local/manual-clock.ts'
import { type Log, silentLog } from '../../../../lib/host/log.ts'
import { showOutputs } from '../../../../lib/hosts/functions/output.ts'
import { answerTaskCall } from '../../../../lib/hosts/functions/task-calls.ts'
import { type CoordinatorAnswer, KnownProgram, runDueBatches } from '../../../../lib/hosts/lambda/coordinator.ts'
import { coordinatorHost } from '../../../../lib/hosts/lambda/coordinator-host.ts'
import { decodeInvocation } from '../../../../lib/hosts/lambda/invocation.ts'
import { builtApp } from '../../../../lib/hosts/program/built-program.ts'
import { app, type AppOptions, milliseconds, type StreamingContext } from '../../../../lib/index.ts'
import type { Head } from '../../../../lib/model/head.ts'
import type { emulated } from '../emulated.ts'
import { withRealPauses } from '../../../support/real-pauses.ts'
import { lambdaServer, type LambdaServer } from '../lambda-server.ts'
import { type Between, wrappedClients } from '../wrapped-clients.ts'

export const MINUTE = 60_000

type Counts = Record<string, number>

/**
 * One deployment of an app: its functions, each with a graph and clients of its own, behind Lambda's Invoke. Time
 * stands still between ticks.
 */
export interface Deployment {
  readonly name: string
  readonly lambda: LambdaServer
  put(name: string, text: string): Promise<void>
  /** The next tick of the schedule, `intervals` later. */
  tick(intervals?: number): Promise<CoordinatorAnswer>
  /** The same tick again. */
  again(): Promise<CoordinatorAnswer>
  /** An invocation of the coordinator with this event. */
  invoke(event: unknown): Promise<CoordinatorAnswer>
  readonly clock: ManualClock
  head(): Promise<Head>
  /** Counts since the start, batch by batch, as the output function saved them. */
  saved(): Promise<Counts[]>
}

interface DeployOptions {
  readonly app?: AppOptions
  readonly slots?: number
  /** A minute, if it is left out. */
  readonly intervalMs?: number
  /** How long the output function may take, in ms; for ever, if it is left out. */
  readonly outputMs?: number
  /** Heads lie in the bucket, and there is no table. */
  readonly withoutTable?: true
  /** The queue of ticks; none, if it is left out. */
  readonly tickQueue?: string
  /** Stands before each call of a service by a function. */
  readonly between?: Between
  /** Who the functions are, and where they find services, if not as the emulators say. */
  readonly identity?: { readonly credentials: Credentials; readonly endpoints: Readonly<Record<string, string>> }
  readonly log?: Log
}

export async function deployed(
  { emulators, clients, table, bucket, fresh }: Awaited<ReturnType<typeof emulated>>,
  define: (ssc: StreamingContext, place: string) => void,
  {
    app: options = {},
    slots = 2,
    intervalMs = MINUTE,
    tickQueue,
    withoutTable,
    outputMs = Infinity,
    between = (send) => send(),
    identity,
    log = silentLog,
  }: DeployOptions = {},
): Promise<Deployment> {
  const name = `t${fresh()}`
  const program = app(name, milliseconds(intervalMs), (ssc) => define(ssc, `s3://${bucket}/${name}`), options)
  const lambda = await lambdaServer({
    task: (message) => answerTaskCall(message, task, newHost()),
    output: (request) => showOutputs(request, output, newHost(), clock.now() + outputMs),
  })
  const clock = new ManualClock(Date.parse('2026-01-01T00:00:10Z'))
  const environment = {
    ...emulators.environment,
    ...(withoutTable ? {} : { SLUICE_TABLE: table }),
    SLUICE_BUCKET: bucket,
    SLUICE_TASK_FUNCTION: 'task',
    SLUICE_OUTPUT_FUNCTION: 'output',
    SLUICE_SLOTS: String(slots),
    AWS_ENDPOINT_URL_LAMBDA: lambda.url,
    AWS_ENDPOINT_URL_SQS: emulators.s3,
    ...(tickQueue === undefined ? {} : { SLUICE_TICK_QUEUE: tickQueue }),
    ...identity?.endpoints,
  }
  const own = awsClients(environment, identity?.credentials)
  const shared = coordinatorHost(environment, wrappedClients(own, between))
  const newHost = () => ({ ...shared, clock: withRealPauses(clock), log })
  const [task, output] = [builtApp(program, slots), builtApp(program, slots)]
  const known = new KnownProgram()
  const invoke = (event: unknown): Promise<CoordinatorAnswer> =>
    runDueBatches(
      decodeInvocation(event, { awsRequestId: fresh(), getRemainingTimeInMillis: () => MINUTE }, clock.now()),
      known,
      newHost(),
    )
  const again = (): Promise<CoordinatorAnswer> => invoke({})
  after(async () => {
    await lambda.close()
    for (const each of await Promise.all([own.lambda(), own.s3(), own.dynamoReads(), own.dynamoWrites(), own.sqs()]))
      each.client.destroy()
  })
  const objects = new S3BlobStore(clients, bucket, `${name}/`)
  // The first tick makes the head; the first batch ends with the minute.
  assert.deepEqual(await again(), { busy: false, batches: 0, committed: 0 })
  return {
    name,
    lambda,
    clock,
    again,
    invoke,
    put: (object, text) => objects.putNew(`in/${object}`, Buffer.from(text)),
    async tick(intervals = 1) {
      await clock.advance(intervals * intervalMs)
      return again()
    },
    head: async () => (await shared.head(name).read())!.value,
    async saved() {
      const batches: Record<string, Counts> = {}
      for (const key of await objects.list('out/')) {
        const [, batch, part] = key.split('/')
        const counts = (batches[batch] ??= {})
        if (part !== '_SUCCESS') Object.assign(counts, parsed(Buffer.from(await objects.get(key)).toString('utf8')))
      }
      return Object.values(batches)
    },
  }
}

const parsed = (lines: string): Counts =>
  Object.fromEntries([...lines.matchAll(/\((\w+),(\d+)\)/g)].map(([, word, count]) => [word, Number(count)]))
