import assert from 'node:assert/strict'
import { test } from 'node:test'
import { milliseconds } from '../../lib/index.ts'
import { StreamingContext } from '../../lib/api/dstream/streaming-context.ts'
import type { BatchReport } from '../../lib/model/events.ts'
import type { BatchInfo } from '../../lib/observe/streaming-listener.ts'
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
