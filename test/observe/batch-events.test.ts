import assert from 'node:assert/strict'
import { test } from 'node:test'
import { milliseconds } from '../../lib/index.ts'
import { StreamingContext } from '../../lib/api/dstream/streaming-context.ts'
import { ManualClock } from '../../lib/adapters/local/manual-clock.ts'
import { SluiceError } from '../../lib/model/errors.ts'
import type { BatchReport, EngineEvent } from '../../lib/model/events.ts'
import type { Manifest } from '../../lib/model/manifest.ts'
import { BatchEvents } from '../../lib/observe/batch-events.ts'
import { type BatchInfo, ListenerBus } from '../../lib/observe/streaming-listener.ts'
import type { Source } from '../../lib/source/source.ts'
import { EmbeddedEngine } from '../../lib/hosts/embedded/embedded-engine.ts'
import { setEmbeddedOptions } from '../../lib/hosts/embedded/embedded-host.ts'

type Split = { readonly from: number; readonly until: number; readonly end?: true }

/** Ten numbers, three a batch. One that discovers says only of a split that was read how far it goes. */
const numbers = (discovers: boolean, progress: Source<number>['progress']): Source<number> => {
  const source: Source<number, number, Split> = {
    name: 'Numbers',
    cut: async ({ position }) => {
      const [from, until] = [position ?? 0, Math.min(10, (position ?? 0) + 3)]
      return { position: discovers ? from : until, splits: [{ from, until }], records: null, newest: 10 }
    },
    read: ({ from, until }, _io, ended) => {
      ended?.({ from, until, end: true })
      return [Array.from({ length: until - from }, (_, i) => from + i)]
    },
    sealed: (position, splits) => splits.reduce((most, { until }) => Math.max(most, until), position),
    ...(discovers ? { discovers } : {}),
    ...(progress ? { progress } : {}),
  }
  return source
}

const left: Source<number>['progress'] = ({ position, newest }) => ({
  committed: position,
  newest: newest ?? null,
  lagRecords: Number(newest) - Number(position),
  lagMs: null,
})

interface Seen {
  readonly reports: BatchReport[]
  readonly errors: unknown[]
  readonly submitted: BatchInfo[]
  readonly completed: BatchInfo[]
}

/** What is said of three batches. */
async function seen(sources: Readonly<Record<string, Source<number>>>): Promise<Seen> {
  const found: Seen = { reports: [], errors: [], submitted: [], completed: [] }
  setEmbeddedOptions({
    log: {
      event: (event) => {
        if (event.type === 'batch') found.reports.push(event)
        if (event.type === 'error') found.errors.push(event.error)
      },
    },
  })
  const ssc = new StreamingContext({ appName: 'progress', master: 'local[2]' }, milliseconds(20), {
    hosted: true,
    engine: (context) => new EmbeddedEngine(context),
  })
  const all = Object.entries(sources).map(([name, source]) => ssc.source(name, source))
  ssc.union(all).foreachRDD(() => {})
  ssc.addStreamingListener({
    onBatchSubmitted: ({ batchInfo }) => void found.submitted.push(batchInfo),
    onBatchCompleted: ({ batchInfo }) => void found.completed.push(batchInfo),
  })
  ssc.start()
  while (found.completed.length < 3 || found.reports.length < 3) await ssc.awaitTerminationOrTimeout(5)
  await ssc.stop()
  return found
}

const lags = (infos: readonly BatchInfo[]): (number | null | undefined)[] =>
  infos.slice(0, 3).map(({ streamIdToInputInfo }) => streamIdToInputInfo.get(0)!.progress?.lagRecords)

test('a source that says how far it has come is in the report of each batch, with its lag', async () => {
  const { reports, submitted, completed } = await seen({
    given: numbers(false, left),
    silent: numbers(false, undefined),
  })
  assert.deepEqual(
    reports.slice(0, 3).map(({ sources }) => sources),
    [7, 4, 1].map((lagRecords) => ({
      given: { records: 3, committed: 10 - lagRecords, newest: 10, lagRecords, lagMs: null },
    })),
  )
  assert.deepEqual(
    [lags(submitted), lags(completed)],
    [
      [7, 4, 1],
      [7, 4, 1],
    ],
  )
})

test('a source whose ends are found by reading is asked once they are known', async () => {
  const { submitted, completed } = await seen({ found: numbers(true, left) })
  assert.deepEqual(
    [lags(submitted), lags(completed)],
    [
      [undefined, undefined, undefined],
      [7, 4, 1],
    ],
  )
})

test('a source that throws where it is asked for its progress fails no batch, and is heard of', async () => {
  const { reports, errors } = await seen({
    broken: numbers(false, () => {
      throw new Error('no idea')
    }),
  })
  assert.deepEqual(
    reports.slice(0, 3).map(({ records, sources }) => ({ records, sources })),
    [3, 3, 3].map((records) => ({ records, sources: undefined })),
  )
  assert.match(String((errors[0] as Error).message), /failed in progress\(\)/)
})

/** Events of one batch by a clock that the test moves, and all that is said of them. */
function told() {
  const clock = new ManualClock()
  const events: EngineEvent[] = []
  const heard: [name: string, event: any][] = []
  const bus = new ListenerBus()
  const hear = (name: string) => (event: unknown) => void heard.push([name, event])
  bus.add({
    onBatchSubmitted: hear('submitted'),
    onBatchStarted: hear('started'),
    onBatchCompleted: hear('completed'),
    onOutputOperationStarted: hear('output started'),
    onOutputOperationCompleted: hear('output completed'),
  })
  const program = {
    inputs: [{ uid: 'a' }, { uid: 'b' }],
    outputs: [
      { uid: 'rows', operator: 'output', place: 'app.ts:1:1' },
      { uid: 'pages', operator: 'print', place: 'app.ts:2:1' },
    ],
  } as never
  const failures: unknown[] = []
  const log = { event: (event: EngineEvent) => void events.push(event) }
  const batch = new BatchEvents(clock, bus, log, program, (error) => void failures.push(error))
  return { batch, clock, events, heard, failures }
}

const cuts = {
  a: { position: 1, splits: [], records: 5, description: 'five' },
  b: { position: 1, splits: [], records: null },
}
const manifest = {
  batch: 3,
  time: 1000,
  cuts,
  records: { a: 99, b: 7 },
  outputs: { rows: [{ records: 2 }, { records: 3 }], pages: [] },
  state: { counts: { chains: [{ keys: 10 }, { keys: 20 }] }, sums: { chains: [{ keys: 5 }] } },
  deadLetters: [
    { batch: 2, open: { a: ['2-0'] } },
    { batch: 3, open: { a: ['3-0', '3-1'], b: ['3-2'] } },
  ],
} as never as Manifest

test('a batch is told from its submission to its end, with what it waited, took, read and showed', () => {
  const { batch, clock, events, heard } = told()
  const progress = { a: { committed: 1, newest: 2, lagRecords: 1, lagMs: null } }
  clock.set(1100)
  batch.submitted({ plan: { batch: 3, time: 1000, cuts }, progress }, true)
  clock.set(1250)
  batch.started()
  batch.computed([{ stateReads: { warm: 1, cold: 2 } }, {}, { stateReads: { warm: 3, cold: 0 } }])
  const hooks = batch.outputHooks(manifest)
  clock.set(1300)
  hooks.started('pages')
  clock.set(1340)
  hooks.completed('pages', new Error('no paper'))
  clock.set(1400)
  batch.completed(manifest, { pages: 1 })
  assert.deepEqual(
    heard.map(([name]) => name),
    ['submitted', 'started', 'output started', 'output completed', 'completed'],
  )
  const times = (info: BatchInfo): unknown[] => [
    [info.batchTime, info.submissionTime, info.processingStartTime, info.processingEndTime],
    [info.schedulingDelay, info.processingDelay, info.totalDelay, info.numRecords],
  ]
  const infos = heard.flatMap(([, { batchInfo }]) => (batchInfo ? [batchInfo as BatchInfo] : []))
  assert.deepEqual(infos.map(times), [
    [[1000, 1100, null, null], [null, null, null, 5]], // prettier-ignore
    [[1000, 1100, 1250, null], [150, null, null, 5]], // prettier-ignore
    [[1000, 1100, 1250, 1400], [150, 150, 300, 12]], // prettier-ignore
  ])
  assert.deepEqual(infos[0].streamIdToInputInfo.get(0), {
    inputStreamId: 0,
    numRecords: 5,
    metadata: { Description: 'five' },
    progress: progress.a,
  })
  assert.deepEqual(infos[2].streamIdToInputInfo.get(1), { inputStreamId: 1, numRecords: 7, metadata: {} })
  const shown = {
    batchTime: 1000,
    id: 1,
    name: 'print at app.ts:2:1',
    description: 'pages',
    startTime: 1300,
    endTime: 1340,
    failureReason: 'no paper',
    duration: 40,
  }
  assert.deepEqual(heard[2][1].outputOperationInfo, { ...shown, endTime: null, failureReason: null, duration: null })
  assert.deepEqual(heard[3][1].outputOperationInfo, shown)
  assert.deepEqual(infos[2].outputOperationInfos.get(1), shown)
  assert.deepEqual(events, [
    {
      type: 'batch',
      batch: 3,
      time: 1000,
      records: 12,
      schedulingDelayMs: 250,
      processingTimeMs: 150,
      stateKeys: 35,
      keysByOperator: { counts: 30, sums: 5 },
      deadLetters: 3,
      outputs: { rows: 5, pages: 0 },
      failedOutputs: ['pages'],
      backlog: { pages: 1 },
      sources: { a: { records: 5, ...progress.a } },
      stateReads: { warm: 4, cold: 2 },
    },
  ])
})

test('a batch that no listener is to see is reported all the same, and one of another number is not', () => {
  const { batch, clock, events, heard } = told()
  clock.set(900)
  batch.submitted({ plan: { batch: 3, time: 1000, cuts }, progress: {} }, false)
  batch.started()
  batch.completed({ ...manifest, batch: 2 })
  assert.deepEqual([events, heard], [[], []])
  batch.completed({ ...manifest, state: {}, deadLetters: [], outputs: {} })
  const [report] = events as BatchReport[]
  assert.deepEqual([report.schedulingDelayMs, report.stateKeys, report.deadLetters], [0, null, 0])
  assert.equal('stateReads' in report, false)
  assert.deepEqual(heard, [])
})

test('how a batch stands before its outputs is known once it runs, by its own number', () => {
  const { batch, clock } = told()
  const progress = { b: { committed: 2, newest: 2, lagRecords: 0, lagMs: 0 } }
  assert.equal(batch.soFar(manifest, progress), null)
  clock.set(1100)
  batch.submitted({ plan: { batch: 3, time: 1000, cuts }, progress: {} }, true)
  assert.equal(batch.soFar(manifest, progress), null)
  batch.started(1200)
  clock.set(1500)
  assert.equal(batch.soFar({ ...manifest, batch: 4 }, progress), null)
  const info = batch.soFar(manifest, progress)!
  assert.deepEqual([info.processingEndTime, info.processingDelay, info.numRecords], [1500, 300, 12])
  assert.deepEqual(info.streamIdToInputInfo.get(1)!.progress, progress.b)
})

test('an output that takes nothing, takes batches again, or was given up is said with its numbers', () => {
  const { batch, events, failures } = told()
  const error = new SluiceError('E_SINK_UNAVAILABLE', 'away', { where: { batch: 7 }, next: ['look'] })
  batch.held(error, { output: 'rows', owed: 1, waitMs: 1540 })
  batch.held(error, { output: 'rows', owed: 2, waitMs: 60_000 })
  batch.released('rows', 2049)
  batch.dropped({ rows: 3, pages: 1 })
  const rest = 'nothing is lost, everything else goes on'
  assert.deepEqual(
    events.map((event) => ('message' in event ? event.message : '')),
    [
      `rows, batch 7: away (E_SINK_UNAVAILABLE); 1 batch undelivered, next try in 1.5 s; ${rest}`,
      `rows, batch 7: away (E_SINK_UNAVAILABLE); 2 batches undelivered, next try in 60 s; ${rest}`,
      'rows takes batches again, after 2 s',
      'rows: 3 batches given up, as asked for with sluice outputs drop',
      'pages: 1 batch given up, as asked for with sluice outputs drop',
    ],
  )
  assert.deepEqual(
    events.map(({ type, ...more }) => [type, 'level' in more && more.level, 'owed' in more && more.owed]),
    [
      ['output-held', 'warn', 1],
      ['output-held', 'warn', 2],
      ['output-released', 'warn', false],
      ['output-dropped', 'warn', 3],
      ['output-dropped', 'warn', 1],
    ],
  )
  events.length = 0
  batch.isolated(error)
  batch.failed(error)
  assert.deepEqual(events, [{ type: 'error', error }, { type: 'error', error }]) // prettier-ignore
  assert.deepEqual(failures, [error])
})
