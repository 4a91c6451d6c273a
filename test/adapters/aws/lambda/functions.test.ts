import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { OutputAnswer } from '../../../../lib/hosts/lambda/calls.ts'
import { KnownProgram, runDueBatches } from '../../../../lib/hosts/lambda/coordinator.ts'
import { coordinatorHost } from '../../../../lib/hosts/lambda/coordinator-host.ts'
import { BLOB_PREFIX } from '../../../../lib/hosts/lambda/host.ts'
import { showOutputs } from '../../../../lib/hosts/functions/output.ts'
import { builtApp } from '../../../../lib/hosts/program/built-program.ts'
import { answerTaskCall } from '../../../../lib/hosts/functions/task-calls.ts'
import { decodeInvocation } from '../../../../lib/hosts/lambda/invocation.ts'
import { dynamoApp } from '../../../../lib/adapters/aws/dynamo/dynamo-app.ts'
import { S3BlobStore } from '../../../../lib/adapters/aws/s3/s3-blob-store.ts'
import { s3TextFiles } from '../../../../lib/adapters/aws/s3/s3-files.ts'
import { changeControl } from '../../../../lib/checkpoint/control.ts'
import { decodeLetters } from '../../../../lib/checkpoint/letter-blocks.ts'
import { readManifest } from '../../../../lib/checkpoint/manifest.ts'
import { silentLog } from '../../../../lib/host/log.ts'
import { app, type AppOptions, minutes, type StreamingContext } from '../../../../lib/index.ts'
import type { EngineEvent } from '../../../../lib/model/events.ts'
import { type SluiceError } from '../../../../lib/model/errors.ts'
import type { Pause } from '../../../../lib/model/control.ts'
import type { Source } from '../../../../lib/source/source.ts'
import { emulated } from '../emulated.ts'
import { lambdaServer } from '../lambda-server.ts'
import { type Deployment, deployed, MINUTE } from './deployment.ts'

const servers = await emulated()
const { emulators, clients, table, bucket, fresh } = servers

const deploy = (define = countWords, options: AppOptions = {}, slots = 2): Promise<Deployment> =>
  deployed(servers, define, { app: options, slots })

/** It does not say how little there is to read: its batches are spread over tasks. */
const spread = (source: Source<string>): Source<string> => ({ ...source, weight: () => null })

function countWords(ssc: StreamingContext, place: string): void {
  ssc
    .source('lines', spread(s3TextFiles(`${place}/in`, { splitBytes: 8 })))
    .flatMap((line) => line.split(' '))
    .map((word) => [word, 1] as [string, number])
    .updateStateByKey<number>((added, sum) => added.reduce((a, b) => a + b, sum ?? 0))
    .saveAsTextFiles(`${place}/out/counts`)
}

test('objects in, counts out: what each tick finds is added up over stateless functions', async () => {
  const { put, tick, saved, lambda } = await deploy()
  await put('1', 'a b\nb a c\n')
  assert.deepEqual(await tick(), { busy: false, batches: 1, committed: 1 })
  await tick()
  await put('2', 'c c\n')
  await put('3', 'a')
  await tick()
  assert.deepEqual(await saved(), [
    { a: 2, b: 2, c: 1 },
    { a: 2, b: 2, c: 1 },
    { a: 3, b: 2, c: 3 },
  ])
  assert.equal(lambda.calls.filter(({ name }) => name === 'output').length, 3)
  assert.ok(lambda.calls.filter(({ name }) => name === 'task').length >= 6)
})

test(
  'F02, F03: ticks that were missed are caught up, each with its own batch; one that comes twice finds ' +
    'nothing to do',
  async () => {
    const { put, tick, again, saved } = await deploy()
    await put('1', 'a')
    assert.deepEqual(await tick(3), { busy: false, batches: 3, committed: 3 })
    assert.deepEqual(await again(), { busy: false, batches: 0, committed: 3 })
    assert.deepEqual(await saved(), [{ a: 1 }, { a: 1 }, { a: 1 }])
  },
)

test('a tick of an app that is paused writes nothing; after it, what was missed is caught up', async () => {
  const { name, put, tick, saved, head } = await deploy()
  const { control } = dynamoApp(clients, table, name)
  const pausedBy = (paused: Pause | null): Promise<unknown> =>
    changeControl(control, (record) => ({ ...record, paused }), 'test')
  await put('1', 'a')
  await tick()
  await pausedBy({ since: 1, by: 'ann' })
  const before = await head()
  await put('2', 'a b')
  for (let minute = 0; minute < 3; minute++) assert.deepEqual(await tick(), { paused: true })
  assert.deepEqual(await head(), before)
  await pausedBy(null)
  assert.deepEqual(await tick(), { busy: false, batches: 4, committed: 5 })
  assert.deepEqual((await saved()).at(-1), { a: 2, b: 1 })
})

test('F02: of two coordinators at once one commits and the other is told; each record counts once', async () => {
  const { put, again, saved, lambda, clock } = await deploy()
  await put('1', 'a')
  await clock.advance(MINUTE)
  const both = Promise.withResolvers<void>()
  let begun = 0
  lambda.before = () => {
    if (++begun === 2) both.resolve()
    return both.promise
  }
  const answers = await Promise.all([again(), again()])
  assert.equal(answers.filter((answer) => 'busy' in answer && answer.busy).length, 1)
  assert.deepEqual(await saved(), [{ a: 1 }])
})

test('F02: a coordinator that is at work for five seconds holds the app, and the next one is told', async () => {
  const { put, tick, again, saved, lambda, clock, head } = await deploy()
  await put('1', 'a')
  const held = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  lambda.before = () => {
    begun.resolve()
    return held.promise
  }
  const first = tick()
  await begun.promise
  await clock.advance(5000)
  while ((await head()).holder === null) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.deepEqual(await again(), { busy: true })
  held.resolve()
  assert.deepEqual(await first, { busy: false, batches: 1, committed: 1 })
  assert.deepEqual(await saved(), [{ a: 1 }])
})

test(
  'F26: calls that Lambda turns away are made again, and a task that dies runs again: counts are the ' + 'same',
  async () => {
    const { put, tick, saved, lambda } = await deploy()
    const faults = ['throttle', 'throttle', null, 'crash', null, 'crash', 'throttle'] as const
    let call = 0
    lambda.fault = () => faults[call++] ?? null
    await put('1', 'a b b')
    assert.deepEqual(await tick(), { busy: false, batches: 1, committed: 1 })
    assert.deepEqual(await saved(), [{ a: 1, b: 2 }])
  },
)

test(
  'F24: a task that never answers costs the tick; the next one runs the batch again, and nothing ' + 'counts twice',
  async () => {
    const { put, tick, saved, lambda } = await deploy()
    await put('1', 'a b b')
    lambda.fault = (name) => (name === 'task' ? 'lose-answer' : null)
    await assert.rejects(tick(), (error: SluiceError) => error.code === 'E_FUNCTION_UNANSWERED')
    lambda.fault = () => null
    assert.deepEqual(await tick(), { busy: false, batches: 2, committed: 2 })
    assert.deepEqual(await saved(), [
      { a: 1, b: 2 },
      { a: 1, b: 2 },
    ])
  },
)

test('an output whose answer is lost is owed, and shown again with the same content', async () => {
  const { put, tick, saved, lambda, head } = await deploy()
  await put('1', 'a b b')
  lambda.fault = (name) => (name === 'output' ? 'lose-answer' : null)
  await assert.rejects(tick(), (error: SluiceError) => error.code === 'E_FUNCTION_UNANSWERED')
  assert.deepEqual(
    (await head()).owed.map(({ batch }) => batch),
    [1],
  )
  lambda.fault = () => null
  assert.deepEqual(await tick(), { busy: false, batches: 1, committed: 2 })
  assert.deepEqual((await head()).owed, [])
  assert.deepEqual(await saved(), [
    { a: 1, b: 2 },
    { a: 1, b: 2 },
  ])
})

test(
  'F69: a record that makes its task fail is found by ' + 'tasks in functions, and set aside with the commit',
  async () => {
    const { put, tick, saved, head } = await deploy(
      (ssc, place) => {
        ssc
          .source('lines', s3TextFiles(`${place}/in`, { splitBytes: 8 }))
          .map((word) => {
            if (word === 'bad') throw new TypeError('not a word')
            return [word, 1] as [string, number]
          })
          .updateStateByKey<number>((added, sum) => added.reduce((a, b) => a + b, sum ?? 0))
          .saveAsTextFiles(`${place}/out/counts`)
      },
      { onError: 'dead-letter', conf: { 'spark.task.maxFailures': 1 } },
    )
    await put('1', 'a\nb\nbad\na\nc\n')
    assert.deepEqual(await tick(), { busy: false, batches: 1, committed: 1 })
    assert.deepEqual(await saved(), [{ a: 2, b: 1, c: 1 }])
    const { deadLetters } = await readManifest(new S3BlobStore(clients, bucket, BLOB_PREFIX), (await head()).manifest!)
    const letters = decodeLetters(
      await new S3BlobStore(clients, bucket, BLOB_PREFIX).get(deadLetters![0].ref.key),
      'letters',
    )
    assert.deepEqual(
      letters.map(({ id, record, code }) => [id, record, code]),
      [['1-1', 'bad', 'E_USER_CODE']],
    )
  },
)

test(
  'an output before the commit is shown by its function while the plan is open, and once more with the ' +
    'same content after a crash',
  async () => {
    const shown: [batch: number, committed: number, rows: unknown[]][] = []
    let committedNow = async (): Promise<number> => 0
    const { put, tick, head, lambda } = await deploy((ssc, place) => {
      ssc.source('lines', s3TextFiles(`${place}/in`)).output(
        'early',
        {
          name: 'watched',
          guarantee: 'at-least-once',
          write: async (rows, { batch }) => {
            shown.push([batch, await committedNow(), [...rows]])
          },
        },
        { order: 'before' },
      )
    })
    committedNow = async () => (await head()).committed
    await put('1', 'a')
    let lost = 1
    lambda.fault = (name) => (name === 'output' && lost-- > 0 ? 'lose-answer' : null)
    await assert.rejects(tick(), (error: SluiceError) => error.code === 'E_FUNCTION_UNANSWERED')
    await put('2', 'b')
    assert.deepEqual(await tick(), { busy: false, batches: 2, committed: 2 })
    assert.deepEqual(shown, [
      [1, 0, ['a']],
      [1, 0, ['a']],
      [2, 1, ['b']],
    ])
  },
)

test('the output function shows only what the head says is committed and not marked yet', async () => {
  const { name, put, tick, lambda, head } = await deploy()
  await put('1', 'a')
  await tick()
  const { inc } = await head()
  const ask = async (request: object): Promise<OutputAnswer> =>
    (
      await fetch(`${lambda.url}/2015-03-31/functions/output/invocations`, {
        method: 'POST',
        body: JSON.stringify({ app: name, inc, batch: 1, outputs: ['any', 'other'], ...request }),
      })
    ).json() as Promise<OutputAnswer>
  const codes = async (request: object): Promise<unknown[]> =>
    (await ask(request)).shown.map((each) => [each.output, each.error?.code])
  assert.deepEqual(await codes({}), [
    ['any', undefined],
    ['other', undefined],
  ])
  for (const [request, code] of [
    [{ batch: 2 }, 'E_NOT_COMMITTED'],
    [{ inc: 'other' }, 'E_NOT_COMMITTED'],
    [{ app: 'other' }, 'E_TASK_SPEC'],
  ] as const) {
    assert.deepEqual(await codes(request), [
      ['any', code],
      ['other', code],
    ])
  }
  const manifest = { key: 'other/i1/man/2/x', len: 1, crc: 1 }
  for (const [request, code] of [
    [{ batch: 2, beforeCommit: { plan: 'n', manifest } }, 'E_REF_SCOPE'],
    [{ beforeCommit: { plan: 'n', manifest: 'man' } }, 'E_TASK_SPEC'],
    [{ outputs: 'any' }, 'E_TASK_SPEC'],
  ] as const) {
    const { errorMessage } = (await ask(request)) as unknown as { readonly errorMessage: string }
    assert.match(errorMessage, code === 'E_REF_SCOPE' ? /outside of its app/ : /asked to show is no output/)
  }
})

test('a source that can only receive where batches are planned cannot run in functions, and says so', () => {
  const receiver = { start: async () => {}, stop: async () => {}, waiting: () => 0, updateRate: () => {} }
  const source: Source<string> = { name: 'Own', cut: async () => null, read: () => [], receiver }
  const program = app('own', minutes(1), (ssc) => {
    ssc.source('own', source).print()
  })
  assert.throws(
    () => builtApp(program, 2),
    (error: SluiceError) => error.code === 'E_RECEIVER_PLACE',
  )
})

test('what backpressure has learned outlives the function', async () => {
  const name = `t${fresh()}`
  const limits: (number | null)[] = []
  const numbers: Source<number> = {
    name: 'Numbers',
    cut: async ({ position, limit }) => {
      limits.push(limit)
      const from = Number(position ?? 0)
      return { position: from + 100, splits: [[from, from + 100]], records: 100 }
    },
    read: (split) => [Array.from({ length: 100 }, (_, i) => (split as number[])[0] + i)],
  }
  const program = app(name, minutes(1), (ssc) => ssc.source('numbers', numbers).foreachRDD(() => {}), {
    conf: { 'spark.streaming.backpressure.enabled': 'true' },
  })
  // Every look at the clock takes a moment, so that batches take time.
  let time = Date.parse('2026-01-01T00:00:10Z')
  const clock = {
    now: () => (time += 1),
    sleepUntil: (_time: number, signal?: AbortSignal) =>
      new Promise<void>((resolve) => signal?.addEventListener('abort', () => resolve())),
  }
  const lambda = await lambdaServer({
    task: (call) => answerTaskCall(call, builtApp(program, 1), newHost()),
    output: (request) => showOutputs(request, builtApp(program, 1), newHost(), Date.now() + 60_000),
  })
  const shared = coordinatorHost({
    ...emulators.environment,
    SLUICE_TABLE: table,
    SLUICE_BUCKET: bucket,
    SLUICE_TASK_FUNCTION: 'task',
    SLUICE_OUTPUT_FUNCTION: 'output',
    SLUICE_SLOTS: '1',
    AWS_ENDPOINT_URL_LAMBDA: lambda.url,
  })
  const newHost = () => ({ ...shared, clock, log: silentLog })
  after(async () => {
    await lambda.close()
    ;(await shared.clients.lambda()).client.destroy()
  })
  for (let minute = 0; minute < 5; minute++, time += MINUTE) {
    const context = { awsRequestId: fresh(), getRemainingTimeInMillis: () => MINUTE }
    await runDueBatches(decodeInvocation({}, context, clock.now()), new KnownProgram(), newHost())
  }
  assert.deepEqual(limits.slice(0, 2), [null, null])
  assert.ok(limits.length >= 4 && limits.slice(3).every((limit) => limit !== null && limit > 0), `${limits}`)
})

test('accumulators and listeners are in the output function, and foreachRDD sees their values', async () => {
  const seen: unknown[] = []
  const heard: unknown[] = []
  const { put, tick, lambda } = await deploy((ssc, place) => {
    const lines = ssc.sparkContext.longAccumulator('lines')
    ssc.addStreamingListener({
      onBatchStarted: ({ batchInfo }) => heard.push(['started', batchInfo.numRecords]),
      onOutputOperationCompleted: ({ outputOperationInfo: { id, failureReason } }) =>
        heard.push(['output', id, failureReason]),
      onBatchCompleted: ({ batchInfo }) => heard.push(['completed', batchInfo.numRecords]),
    })
    const counted = ssc.source('lines', s3TextFiles(`${place}/in`)).map((line) => {
      lines.add(1)
      return line
    })
    counted.foreachRDD((rdd) => void seen.push(['first', rdd.count(), lines.value]))
    counted.foreachRDD((rdd) => void seen.push(['second', rdd.count(), lines.value]))
  })
  await put('1', 'a\nb')
  let lost = 1
  lambda.fault = (name) => (name === 'output' && lost-- > 0 ? 'lose-answer' : null)
  await assert.rejects(tick(), (error: SluiceError) => error.code === 'E_FUNCTION_UNANSWERED')
  await put('2', 'c')
  await tick()
  // Each output reads the lines for itself, so each line is added once per output; the lost answer adds nothing.
  assert.deepEqual(seen, [
    ['first', 2, 4],
    ['second', 2, 4],
    ['first', 2, 4],
    ['second', 2, 4],
    ['first', 1, 6],
    ['second', 1, 6],
  ])
  // How many records there are is known once they are read.
  assert.deepEqual(heard.slice(-4), [
    ['started', 0],
    ['output', 0, null],
    ['output', 1, null],
    ['completed', 1],
  ])
  assert.equal(lambda.calls.filter(({ name }) => name === 'output').length, 4)
})

test('a listener that throws in the output function is said in its log, and the batch is complete', async () => {
  const events: EngineEvent[] = []
  const { put, tick, head } = await deployed(
    servers,
    (ssc, place) => {
      ssc.addStreamingListener({
        onBatchCompleted() {
          throw new Error('no metrics')
        },
      })
      ssc.source('lines', s3TextFiles(`${place}/in`)).print()
    },
    { log: { event: (event) => events.push(event) } },
  )
  await put('1', 'a')
  await tick()
  const said = events.filter(({ type }) => type === 'listener-failed')
  assert.deepEqual(
    said.map(
      (event) => 'message' in event && /threw in onBatchCompleted.*: no metrics; the run goes on/.test(event.message),
    ),
    [true],
  )
  assert.equal((await head()).committed, 1)
})

test('what tasks of a batch added that is not committed is not counted, whoever asks for it', async () => {
  const seen: number[] = []
  const { name, put, tick, lambda, head } = await deploy((ssc, place) => {
    const lines = ssc.sparkContext.longAccumulator('lines')
    const counted = ssc.source('lines', s3TextFiles(`${place}/in`)).map((line) => {
      lines.add(1)
      return line
    })
    counted.foreachRDD(() => void seen.push(lines.value))
  })
  await put('1', 'a\nb')
  let lost = 1
  lambda.fault = (called) => (called === 'output' && lost-- > 0 ? 'lose-answer' : null)
  await assert.rejects(tick(), (error: SluiceError) => error.code === 'E_FUNCTION_UNANSWERED')
  const { inc, manifest } = await head()
  const { outputs } = await readManifest(new S3BlobStore(clients, bucket, BLOB_PREFIX), manifest!)
  const accumulators = [{ lines: { sum: 100, count: 1 } }]
  const additions = [{ batch: 2, accumulators }]
  await fetch(`${lambda.url}/2015-03-31/functions/output/invocations`, {
    method: 'POST',
    body: JSON.stringify({ app: name, inc, batch: 1, outputs: Object.keys(outputs), additions }),
  })
  await put('2', 'c')
  await tick()
  assert.deepEqual(seen, [2, 2, 2, 3])
})

function countInThreeStages(ssc: StreamingContext, place: string): void {
  ssc
    .source('lines', spread(s3TextFiles(`${place}/in`)))
    .map((word) => [word, 1] as [string, number])
    .reduceByKey((a, b) => a + b, 4)
    .map(([word, count]) => [`${word}s`, count] as [string, number])
    .reduceByKey((a, b) => a + b, 4)
    .saveAsTextFiles(`${place}/out/counts`)
}

test('F18: a batch of 12 tasks of 20 s each under a coordinator that lives 60 s completes, once', async () => {
  const { put, tick, again, saved, head, lambda, clock } = await deploy(countInThreeStages, {}, 4)
  for (const name of ['1', '2', '3', '4']) await put(name, 'a\nb\nc\nd\n')
  // The four tasks of a stage take twenty seconds, all at once.
  let stage = Promise.withResolvers<void>()
  let tasks = 0
  lambda.before = async (kind) => {
    // Planning takes no time.
    if (kind !== undefined) return
    const { promise, resolve } = stage
    if (++tasks % 4 === 0) {
      stage = Promise.withResolvers()
      if (tasks === 16) lambda.before = async () => {}
      await clock.advance(20_000)
      resolve()
    }
    await promise
  }
  assert.deepEqual(await tick(), { busy: false, batches: 0, committed: 0 })
  const { plan, holder } = await head()
  assert.deepEqual([plan?.hidden, plan?.seals !== undefined, holder], [true, true, null])
  assert.deepEqual(await again(), { busy: false, batches: 2, committed: 2 })
  assert.equal(tasks, 16, 'eight answers were kept, four tasks ran again')
  assert.deepEqual((await saved())[0], { as: 4, bs: 4, cs: 4, ds: 4 })
  assert.equal((await head()).plan, undefined)
})
