import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  HashPartitioner,
  type OutputSink,
  RangePartitioner,
  seconds,
  StateSpec,
  StreamingContext,
} from '../../lib/index.ts'
import { type GraphVerdict, compareGraphs } from '../../lib/runtime/compare-graphs.ts'
import type { Kept } from '../../lib/runtime/decide-difference.ts'
import { factsOf } from '../../lib/plan/graph-facts.ts'
import type { GraphFacts } from '../../lib/model/graph-facts.ts'
import type { Source } from '../../lib/source/source.ts'
import type { DStream } from '../../lib/api/dstream/dstream.ts'

type Pairs = DStream<[string, number]>
type Build = (pairs: Pairs, ssc: StreamingContext) => void

const sink: OutputSink<any> = { name: 'nowhere', guarantee: 'exactly-once', write: async () => {} }
const add = (a: number, b: number): number => a + b
const sum = (values: readonly number[], before?: number): number => values.reduce(add, before ?? 0)

const sourceOf = (name: string, identity?: string): Source<[string, number]> => ({
  name,
  ...(identity === undefined ? {} : { identity }),
  cut: async () => null,
  read: () => [],
})
const log = sourceOf('Log', 'logs/a')

function facts(
  build: Build,
  {
    intervalMs = 1000,
    source = log,
    sourceName = 'log',
  }: { intervalMs?: number; source?: Source<any>; sourceName?: string } = {},
): GraphFacts {
  const ssc = new StreamingContext({ appName: 'test', master: 'local[2]' }, intervalMs, { hosted: true })
  build(ssc.source(sourceName, source) as Pairs, ssc)
  ssc.graph.assignUids()
  ssc.sparkContext.stop()
  return factsOf(ssc.graph)
}

const state =
  (options: object = {}): Build =>
  (pairs) =>
    pairs.updateStateByKey(sum, { name: 'totals', ...options }).output('out', sink)
const spec = (): StateSpec<string, number, number, number> =>
  StateSpec.function((_key: string, value: number | undefined) => value ?? 0, { name: 'totals' })
const mapped =
  (make: () => StateSpec<string, number, number, number> = spec): Build =>
  (pairs) =>
    pairs.mapWithState(make()).output('out', sink)
const slid =
  (length: number, slide: number, options: object = {}): Build =>
  (pairs) =>
    pairs.reduceByKeyAndWindow(add, seconds(length), seconds(slide), { name: 'win', ...options }).output('out', sink)
const inverse =
  (length: number, slide: number): Build =>
  (pairs) =>
    pairs
      .reduceByKeyAndWindow(add, (a, b) => a - b, seconds(length), seconds(slide), { name: 'win' })
      .output('out', sink)
const records =
  (...lengths: number[]): Build =>
  (pairs) => {
    for (const length of lengths) pairs.window(seconds(length)).output(`last-${length}`, sink)
  }
const receiving: Source<any> = {
  ...sourceOf('Socket'),
  receiver: { start: async () => {}, stop: async () => {}, waiting: () => 0, updateRate: () => {} },
}

const unnamed =
  (count: number): Build =>
  (pairs) => {
    for (let i = 0; i < count; i++) pairs.updateStateByKey(sum).output(`o${i}`, sink)
  }
const unnamedSources =
  (count: number): Build =>
  (_pairs, ssc) => {
    for (let i = 0; i < count; i++) ssc.source(receiving).updateStateByKey(sum).output(`o${i}`, sink)
  }

const nothing: Kept = { state: {}, records: [], positions: [], undelivered: [] }
const keeping = (uid: string, version = 1): Kept => ({ ...nothing, state: { [uid]: { keys: 312, version } } })

interface Row {
  readonly change: string
  readonly before: GraphFacts
  readonly now: GraphFacts
  readonly kept?: Kept
  readonly drop?: readonly string[]
  readonly verdict: GraphVerdict
  /** Code, uid and subject of what is refused. */
  readonly refused?: readonly [code: string, uid: string, what: string]
  readonly dropped?: readonly string[]
  readonly moved?: Record<string, string>
}

const rows: readonly Row[] = [
  {
    change: 'only the code of functions',
    before: facts(state()),
    now: facts((pairs) =>
      pairs.updateStateByKey((values: readonly number[]) => values.length, { name: 'totals' }).output('out', sink),
    ),
    kept: keeping('totals'),
    verdict: 'same',
  },
  {
    change: 'a record-wise step added',
    before: facts(state()),
    now: facts((pairs, ssc) =>
      state()(
        pairs.filter(() => true),
        ssc,
      ),
    ),
    kept: keeping('totals'),
    verdict: 'allowed',
  },
  {
    change: 'a stateless shuffle added',
    before: facts(state()),
    now: facts((pairs, ssc) => {
      state()(pairs, ssc)
      pairs.reduceByKey(add).output('sums', sink)
    }),
    kept: keeping('totals'),
    verdict: 'allowed',
  },
  {
    change: 'a stateless shuffle removed',
    before: facts((pairs, ssc) => {
      state()(pairs, ssc)
      pairs.reduceByKey(add).output('sums', sink)
    }),
    now: facts(state()),
    kept: keeping('totals'),
    verdict: 'allowed',
  },
  {
    change: 'an output added',
    before: facts(state()),
    now: facts((pairs, ssc) => {
      state()(pairs, ssc)
      pairs.output('raw', sink)
    }),
    kept: keeping('totals'),
    verdict: 'allowed',
  },
  {
    change: 'another number of partitions',
    before: facts(state({ partitions: 4 })),
    now: facts(state({ partitions: 16 })),
    kept: keeping('totals'),
    verdict: 'allowed',
  },
  {
    change: 'another batch interval',
    before: facts(state()),
    now: facts(state(), { intervalMs: 5000 }),
    kept: keeping('totals'),
    verdict: 'allowed',
  },
  {
    change: 'another batch interval under a window that keeps panes',
    before: facts(slid(10, 10)),
    now: facts(slid(10, 10), { intervalMs: 5000 }),
    kept: keeping('win'),
    verdict: 'refuse',
    refused: ['E_INTERVAL_CHANGED', 'win', 'batch interval'],
  },
  {
    change: 'another batch interval under a window that may be given up',
    before: facts(slid(10, 10)),
    now: facts(slid(10, 10), { intervalMs: 5000 }),
    kept: keeping('win'),
    drop: ['win'],
    verdict: 'allowed',
    dropped: ['win'],
  },
  {
    change: 'another batch interval under a window that keeps nothing yet',
    before: facts(slid(10, 10)),
    now: facts(slid(10, 10), { intervalMs: 5000 }),
    verdict: 'allowed',
  },
  {
    change: 'a state version raised, with migrate',
    before: facts(state()),
    now: facts(state({ version: 2, migrate: (old: number) => old })),
    kept: keeping('totals'),
    verdict: 'migrate',
  },
  {
    change: 'a state version raised by two, with migrate',
    before: facts(mapped()),
    now: facts(mapped(() => spec().version(3, (old) => old))),
    kept: keeping('totals'),
    verdict: 'migrate',
  },
  {
    change: 'a state version raised without migrate',
    before: facts(state()),
    now: facts(state({ version: 2 })),
    kept: keeping('totals'),
    verdict: 'refuse',
    refused: ['E_STATE_VERSION', 'totals', 'state version'],
  },
  {
    change: 'a state version lowered',
    before: facts(state({ version: 3, migrate: (old: number) => old })),
    now: facts(state({ version: 2, migrate: (old: number) => old })),
    kept: keeping('totals', 3),
    verdict: 'refuse',
    refused: ['E_STATE_VERSION', 'totals', 'state version'],
  },
  {
    change: 'a state version lowered that no batch has written',
    before: facts(state({ version: 2, migrate: (old: number) => old })),
    now: facts(state()),
    kept: keeping('totals', 1),
    verdict: 'same',
  },
  {
    change: 'a stateful operator removed',
    before: facts(state()),
    now: facts((pairs) => pairs.output('out', sink)),
    kept: keeping('totals'),
    verdict: 'refuse',
    refused: ['E_STATE_ORPHANED', 'totals', 'gone'],
  },
  {
    change: 'a stateful operator that no output reads any more',
    before: facts(state()),
    now: facts((pairs) => {
      pairs.updateStateByKey(sum, { name: 'totals' })
      pairs.output('out', sink)
    }),
    kept: keeping('totals'),
    verdict: 'refuse',
    refused: ['E_STATE_ORPHANED', 'totals', 'gone'],
  },
  {
    change: 'a stateful operator removed that may be',
    before: facts(state()),
    now: facts((pairs) => pairs.output('out', sink)),
    kept: keeping('totals'),
    drop: ['totals'],
    verdict: 'allowed',
    dropped: ['totals'],
  },
  {
    change: 'a stateful operator removed before it had state',
    before: facts(state()),
    now: facts((pairs) => pairs.output('out', sink)),
    verdict: 'allowed',
  },
  {
    change: 'a permission to drop what fits',
    before: facts(state()),
    now: facts(state({ partitions: 3 })),
    kept: keeping('totals'),
    drop: ['totals'],
    verdict: 'allowed',
    dropped: [],
  },
  {
    change: 'a uid lost',
    before: facts(state()),
    now: facts(state({ name: 'visits' })),
    kept: keeping('totals'),
    verdict: 'refuse',
    refused: ['E_STATE_ORPHANED', 'totals', 'gone'],
  },
  {
    change: 'a uid lost, but `was` says where',
    before: facts(state()),
    now: facts(state({ name: 'visits', was: 'totals' })),
    kept: keeping('totals'),
    verdict: 'allowed',
    moved: { totals: 'visits' },
  },
  {
    change: 'a `was` that still exists',
    before: facts(state()),
    now: facts((pairs, ssc) => {
      state()(pairs, ssc)
      pairs.updateStateByKey(sum, { name: 'visits', was: 'totals' }).output('more', sink)
    }),
    kept: keeping('totals'),
    verdict: 'allowed',
    moved: {},
  },
  {
    change: 'a `was` that is done',
    before: facts(state({ name: 'visits', was: 'totals' })),
    now: facts(state({ name: 'visits', was: 'totals' })),
    kept: keeping('visits'),
    verdict: 'same',
    moved: {},
  },
  {
    change: 'another kind of operator under a `was`',
    before: facts(state()),
    now: facts((pairs) =>
      pairs
        .mapWithState(
          StateSpec.function((_key: string, value: number | undefined) => value ?? 0, {
            name: 'visits',
            was: 'totals',
          }),
        )
        .output('out', sink),
    ),
    kept: keeping('totals'),
    verdict: 'refuse',
    refused: ['E_STATE_CHANGED', 'totals', 'kind'],
  },
  {
    change: 'another kind of operator',
    before: facts(state()),
    now: facts(mapped()),
    kept: keeping('totals'),
    verdict: 'refuse',
    refused: ['E_STATE_CHANGED', 'totals', 'kind'],
  },
  {
    change: 'another partitioner',
    before: facts(state({ partitions: new HashPartitioner(2) })),
    now: facts(state({ partitions: new RangePartitioner(['m'], (a, b) => (a as string).localeCompare(b as string)) })),
    kept: keeping('totals'),
    verdict: 'refuse',
    refused: ['E_STATE_CHANGED', 'totals', 'partitioner'],
  },
  {
    change: 'other bounds of a range partitioner',
    before: facts(state({ partitions: new RangePartitioner(['m'], () => 0) })),
    now: facts(state({ partitions: new RangePartitioner(['q'], () => 0) })),
    kept: keeping('totals'),
    verdict: 'refuse',
    refused: ['E_STATE_CHANGED', 'totals', 'partitioner'],
  },
  {
    change: 'another number of partitions of a partitioner of the program',
    before: facts(state({ partitions: ownPartitioner(2) })),
    now: facts(state({ partitions: ownPartitioner(3) })),
    kept: keeping('totals'),
    verdict: 'refuse',
    refused: ['E_STATE_CHANGED', 'totals', 'partitions of a partitioner of its own'],
  },
  {
    change: 'another number of key groups',
    before: facts(state()),
    now: { ...facts(state()), keyGroups: 512 },
    kept: keeping('totals'),
    verdict: 'refuse',
    refused: ['E_STATE_CHANGED', 'the app', 'number of key groups'],
  },
  {
    change: 'another window length',
    before: facts(slid(10, 5)),
    now: facts(slid(20, 5)),
    kept: keeping('win'),
    verdict: 'refuse',
    refused: ['E_STATE_CHANGED', 'win', 'window length'],
  },
  {
    change: 'another window slide',
    before: facts(slid(10, 5)),
    now: facts(slid(10, 2)),
    kept: keeping('win'),
    verdict: 'refuse',
    refused: ['E_STATE_CHANGED', 'win', 'window slide'],
  },
  {
    change: 'a window that loses its inverse',
    before: facts(inverse(10, 5)),
    now: facts(slid(10, 5)),
    kept: keeping('win'),
    verdict: 'refuse',
    refused: ['E_STATE_CHANGED', 'win', 'kind'],
  },
  {
    change: 'another window length, to begin anew',
    before: facts(slid(10, 5)),
    now: facts(slid(20, 5)),
    kept: keeping('win'),
    drop: ['win'],
    verdict: 'allowed',
    dropped: ['win'],
  },
  {
    change: 'another number of partitions of a window',
    before: facts(inverse(10, 5)),
    now: facts((pairs) =>
      pairs
        .reduceByKeyAndWindow(add, (a, b) => a - b, seconds(10), seconds(5), { name: 'win', partitions: 7 })
        .output('out', sink),
    ),
    kept: keeping('win'),
    verdict: 'allowed',
  },
  {
    change: 'another length of a window of records',
    before: facts(records(10)),
    now: facts((pairs) => pairs.window(seconds(20)).output('last-10', sink)),
    kept: { ...nothing, records: ['log/window/input'] },
    verdict: 'refuse',
    refused: ['E_STATE_CHANGED', 'log/window', 'window length'],
  },
  {
    change: 'a window of records removed',
    before: facts(records(10)),
    now: facts((pairs) => pairs.output('last-10', sink)),
    kept: { ...nothing, records: ['log/window/input'] },
    verdict: 'refuse',
    refused: ['E_STATE_ORPHANED', 'log/window', 'gone'],
  },
  {
    change: 'a source in another place',
    before: facts(state()),
    now: facts(state(), { source: sourceOf('Log', 'logs/b') }),
    kept: { ...nothing, positions: ['log'] },
    verdict: 'refuse',
    refused: ['E_SOURCE_CHANGED', 'log', 'source'],
  },
  {
    change: 'a source in another place, to begin there anew',
    before: facts(state()),
    now: facts(state(), { source: sourceOf('Log', 'logs/b') }),
    kept: { ...nothing, positions: ['log'] },
    drop: ['log'],
    verdict: 'allowed',
    dropped: ['log'],
  },
  {
    change: 'a source in another place before its first position',
    before: facts(state()),
    now: facts(state(), { source: sourceOf('Log', 'logs/b') }),
    verdict: 'same',
  },
  {
    change: 'a source of another kind',
    before: facts(state()),
    now: facts(state(), { source: sourceOf('Queue') }),
    kept: { ...nothing, positions: ['log'] },
    verdict: 'refuse',
    refused: ['E_SOURCE_CHANGED', 'log', 'source'],
  },
  {
    change: 'a source that lost its name',
    before: facts((pairs) => pairs.output('out', sink)),
    now: facts((pairs) => pairs.output('out', sink), { sourceName: 'other' }),
    kept: { ...nothing, positions: ['log'] },
    verdict: 'refuse',
    refused: ['E_SOURCE_CHANGED', 'log', 'gone'],
  },
  {
    change: 'a second operator without a name in the place of one',
    before: facts(unnamed(1)),
    now: facts(unnamed(2)),
    kept: keeping('log/updateStateByKey'),
    verdict: 'refuse',
    refused: ['E_STATE_AMBIGUOUS', 'log/updateStateByKey', 'number of operators without a name'],
  },
  {
    change: 'a second operator in the place of one, and now all have names',
    before: facts(unnamed(1)),
    now: facts((pairs) => {
      pairs.updateStateByKey(sum, { name: 'new' }).output('o0', sink)
      pairs.updateStateByKey(sum, { name: 'old', was: 'log/updateStateByKey' }).output('o1', sink)
    }),
    kept: keeping('log/updateStateByKey'),
    verdict: 'allowed',
    moved: { 'log/updateStateByKey': 'old' },
  },
  {
    change: 'an operator without a name elsewhere',
    before: facts(unnamed(1)),
    now: facts((pairs, ssc) => {
      unnamed(1)(pairs, ssc)
      pairs.reduceByKey(add).updateStateByKey(sum).output('more', sink)
    }),
    kept: keeping('log/updateStateByKey'),
    verdict: 'allowed',
  },
  {
    change: 'a second source without a name, and state behind each',
    before: facts(unnamedSources(1)),
    now: facts(unnamedSources(2)),
    kept: keeping('socket/updateStateByKey'),
    verdict: 'refuse',
    refused: ['E_STATE_AMBIGUOUS', 'socket/updateStateByKey', 'number of operators without a name'],
  },
  {
    change: 'a second operator without a name where the first held nothing',
    before: facts(unnamed(1)),
    now: facts(unnamed(2)),
    verdict: 'allowed',
  },
  {
    change: 'one of two outputs without a name removed that is owed something',
    before: facts((pairs) => {
      pairs.print()
      pairs.print()
    }),
    now: facts((pairs) => pairs.print()),
    kept: { ...nothing, undelivered: ['log/print'] },
    verdict: 'refuse',
    refused: ['E_OUTPUT_UNDELIVERED', 'log/print', 'number of outputs without a name'],
  },
  {
    change: 'a receiver that lost its name: it keeps no position in anything',
    before: facts((pairs) => pairs.output('out', sink), { source: receiving }),
    now: facts((pairs) => pairs.output('out', sink), { source: receiving, sourceName: 'other' }),
    kept: { ...nothing, positions: ['log'] },
    verdict: 'allowed',
  },
  {
    change: 'an output removed',
    before: facts((pairs) => {
      pairs.output('out', sink)
      pairs.output('more', sink)
    }),
    now: facts((pairs) => pairs.output('out', sink)),
    verdict: 'allowed',
  },
  {
    change: 'an output removed that is owed something',
    before: facts((pairs) => {
      pairs.output('out', sink)
      pairs.output('more', sink)
    }),
    now: facts((pairs) => pairs.output('out', sink)),
    kept: { ...nothing, undelivered: ['more'] },
    verdict: 'refuse',
    refused: ['E_OUTPUT_UNDELIVERED', 'more', 'gone'],
  },
]

for (const { change, before, now, kept = nothing, drop, verdict, refused, dropped = [], moved = {} } of rows) {
  test(`${change}: ${verdict}`, () => {
    const found = compareGraphs(before, now, kept, drop)
    const refusals = found.findings.filter((finding) => finding.verdict === 'refuse')
    assert.deepEqual(
      refusals.map(({ code, uid, what }) => [code, uid, what]),
      refused ? [refused] : [],
    )
    for (const { old, new: after, wayOut } of refusals) assert.ok(old !== after && wayOut.length > 0)
    assert.deepEqual([found.verdict, found.change], [verdict, { moved, dropped }])
  })
}

test('every change that is refused is named, not only the first', () => {
  const before = facts((pairs) => {
    pairs.updateStateByKey(sum, { name: 'totals' }).output('all', sink)
    pairs.reduceByKeyAndWindow(add, seconds(10), seconds(5), { name: 'win' }).output('out', sink)
  })
  const found = compareGraphs(before, facts(slid(20, 4)), {
    ...nothing,
    state: { totals: { keys: 1, version: 1 }, win: { keys: 1, version: 1 } },
  })
  assert.deepEqual(
    found.findings.filter(({ verdict }) => verdict === 'refuse').map(({ uid, what }) => `${uid} ${what}`),
    ['totals gone', 'win window length', 'win window slide'],
  )
})

test('windows of one stream share the records they keep, whichever of them is reached first', () => {
  const shared = (outputs: readonly string[]): GraphFacts =>
    facts((pairs) => {
      const windows: Record<string, Pairs> = {
        long: pairs.window(seconds(30), seconds(1), { name: 'long' }),
        short: pairs.window(seconds(10), seconds(1), { name: 'short' }),
      }
      for (const name of outputs) windows[name].output(`${name}-out`, sink)
    })
  const kept = { ...nothing, records: ['long/input'] }
  assert.deepEqual(compareGraphs(shared(['long', 'short']), shared(['short', 'long']), kept).change, {
    moved: { 'long/input': 'short/input' },
    dropped: [],
  })
  const left = compareGraphs(shared(['long', 'short']), shared(['short']), kept)
  assert.deepEqual([left.verdict, left.change], ['allowed', { moved: { 'long/input': 'short/input' }, dropped: [] }])
})

test('windows that share records are each held to their length', () => {
  const two = (long: number): GraphFacts =>
    facts((pairs) => {
      pairs.window(seconds(long), seconds(1), { name: 'long' }).output('long-out', sink)
      pairs.window(seconds(10), seconds(1), { name: 'short' }).output('short-out', sink)
    })
  const { findings } = compareGraphs(two(30), two(60), { ...nothing, records: ['long/input'] })
  assert.deepEqual(
    findings.map(({ verdict, uid, what }) => [verdict, uid, what]),
    [['refuse', 'long', 'window length']],
  )
})

test('facts that went through JSON are the same facts', () => {
  const of = facts(state())
  assert.equal(compareGraphs(JSON.parse(JSON.stringify(of)), of, keeping('totals')).verdict, 'same')
})

function ownPartitioner(numPartitions: number) {
  return { numPartitions, getPartition: () => 0, equals: () => false }
}
