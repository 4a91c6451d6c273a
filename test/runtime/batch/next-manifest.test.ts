import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeadLetters } from '../../../lib/model/dead-letter.ts'
import type { Manifest } from '../../../lib/model/manifest.ts'
import type { ProgramFacts } from '../../../lib/model/program-facts.ts'
import type { BatchPlan, StateWrite } from '../../../lib/model/task.ts'
import { nextManifest, staleWrite } from '../../../lib/runtime/batch/next-manifest.ts'
import type { TaskDone } from '../../../lib/runtime/batch/run-stages.ts'
import type { PlannedBatch } from '../../../lib/runtime/planner.ts'
import { fullManifest, ref } from '../../checkpoint/manifests.ts'

const base = fullManifest({ batch: 1, tick: 1, time: 1000, nonce: 'n1', state: {}, retained: {}, deadLetters: [] })
const plan = { batch: 2, tick: 3, time: 3000, nonce: 'n2', graph: 'g', cuts: {}, actions: {} } as unknown as BatchPlan
const planned: PlannedBatch = {
  plan,
  stages: [],
  staged: false,
  positions: { lines: 7 },
  settled: [],
  deadLetters: null,
  progress: {},
  undecoded: null,
}
const done = (changes: Partial<TaskDone>): TaskDone => ({
  kind: 'done',
  task: 't',
  exec: 0,
  executionId: 'r',
  shuffles: [],
  reduced: [],
  state: [],
  retained: [],
  outputs: [],
  records: {},
  accumulators: {},
  ...changes,
})

interface Given {
  readonly before?: Manifest | null
  readonly of?: Partial<PlannedBatch>
  readonly program?: Partial<Pick<ProgramFacts, 'keepMs' | 'outputs'>>
  readonly ofOutputs?: readonly DeadLetters[]
}
const after = (answers: readonly TaskDone[], { before = base, of, program, ofOutputs }: Given = {}): Manifest =>
  nextManifest(before, { ...planned, ...of }, answers, { keepMs: {}, outputs: [], ...program }, ofOutputs)

test('a batch is what was planned, on top of what was committed before it', () => {
  const { batch, tick, time, nonce, base: on, positions } = after([])
  assert.deepEqual([batch, tick, time, nonce, on, positions], [2, 3, 3000, 'n2', 'n1', { lines: 7 }])
  assert.equal(after([], { before: null }).base, null)
})

test('records of a source are those of all its splits, each counted once however many tasks read it', () => {
  const answers = [
    done({ records: { lines: { a: 3, b: 4 }, other: { x: 1 } } }),
    done({ records: { lines: { b: 4, c: 5 } } }),
    done({ records: { empty: { y: 0 } } }),
  ]
  assert.deepEqual(after(answers).records, { lines: 12, other: 1, empty: 0 })
})

test('an output that ran has its parts in order, also none, and says whether it comes before the commit', () => {
  const part = (output: string, partition: number) => ({ output, partition, records: partition, ref: null })
  const stage = (id: number, output: string) => ({
    id,
    partitions: 2,
    parents: [],
    terminal: { kind: 'output' as const, output },
  })
  const told = (uid: string, order: 'before' | 'after') =>
    ({ uid, order }) as unknown as ProgramFacts['outputs'][number]
  const { outputs, beforeCommit } = after(
    [done({ outputs: [part('print', 1)] }), done({ outputs: [part('early', 0), part('print', 0)] })],
    {
      of: { stages: [stage(0, 'print'), stage(1, 'early'), stage(2, 'none')] },
      program: { outputs: [told('early', 'before'), told('print', 'after'), told('idle', 'before')] },
    },
  )
  assert.deepEqual(
    Object.entries(outputs).map(([name, parts]) => [name, parts.map(({ partition }) => partition)]),
    [
      ['print', [0, 1]],
      ['early', [0]],
      ['none', []],
    ],
  )
  assert.deepEqual(beforeCommit, ['early'])
  assert.equal('beforeCommit' in after([]), false)
})

test('kept records are those that a window still asks for, and what the batch adds, in order of partitions', () => {
  const kept = (...times: number[]) => times.map((time) => ({ time, parts: [ref(`st/${time}`)] }))
  const before = { ...base, retained: { lines: kept(0, 1000, 2000), idle: kept(1000), gone: kept(2000) } }
  const write = (partition: number) => ({ stream: 'lines', partition, ref: ref(`st/new${partition}`) })
  const answers = [done({ retained: [write(1)] }), done({ retained: [write(0)] })]
  const { retained } = after(answers, { before, program: { keepMs: { lines: 2000, idle: 2000, none: 1000 } } })
  assert.deepEqual(retained, {
    lines: [...kept(2000), { time: 3000, parts: [ref('st/new0'), ref('st/new1')] }],
    idle: [],
    none: [],
  })
})

const write = (operator: string, from: number, to: number, changes: Partial<StateWrite> = {}): StateWrite => ({
  operator,
  from,
  to,
  base: [],
  keys: 1,
  block: { kind: 'snapshot', batch: 2, ref: ref(`st/${operator}-${from}`), keys: 1 },
  ...changes,
})

test('state that was written is that of the batch, by key groups; all other state is what it was', () => {
  const idle = { chains: [{ from: 0, to: 256, keys: 3, blocks: [] }] }
  const answers = [done({ state: [write('sums', 128, 256)] }), done({ state: [write('sums', 0, 128)] })]
  const manifest = after(answers, { before: { ...base, state: { idle } } })
  assert.deepEqual(manifest.state['idle'], idle)
  assert.deepEqual(
    manifest.state['sums'].chains.map(({ from, blocks }) => [from, blocks[0].ref.key]),
    [
      [0, ref('st/sums-0').key],
      [128, ref('st/sums-128').key],
    ],
  )
  assert.equal(manifest.wrote, 2)
})

test('letters that were dealt with are open no more, and those of outputs, records and lines are added', () => {
  const letters = (batch: number, ...ids: string[]): DeadLetters => ({
    batch,
    open: { lines: ids },
    ref: ref(`dlq/9e/${batch}/${ids[0]}`),
  })
  const before = { ...base, deadLetters: [letters(1, '1-1', '1-2')] }
  const [ofRecords, ofLines, ofOutputs] = [letters(2, '2-1'), letters(2, '2-u1'), letters(1, '1-1o')]
  const of = { settled: ['1-1'], deadLetters: ofRecords, undecoded: ofLines }
  assert.deepEqual(
    after([], { before, of, ofOutputs: [ofOutputs] }).deadLetters!.map(({ open }) => open['lines']),
    [['1-2'], ['1-1o'], ['2-1'], ['2-u1']],
  )
  assert.equal('deadLetters' in after([], { before, of: { settled: ['1-1', '1-2'] } }), false)
})

test('a task that built on other blocks than were committed is named by operator and key groups', () => {
  const block = (name: string) => ({ kind: 'snapshot' as const, batch: 1, ref: ref(name), keys: 1 })
  const half = (from: number, name: string) => ({ from, to: from + 128, keys: 1, blocks: [block(name)] })
  const before = { ...base, state: { sums: { chains: [half(0, 'st/a'), half(128, 'st/b')] } } }
  const said = (from: number, to: number, ...names: string[]): string | null =>
    staleWrite(before, [
      done({}),
      done({ state: [write('sums', from, to, { base: names.map((name) => ref(name).key) })] }),
    ])
  assert.deepEqual([said(0, 128, 'st/a'), said(128, 256, 'st/b'), said(0, 256, 'st/a', 'st/b')], [null, null, null])
  for (const names of [[], ['st/b'], ['st/a', 'st/b']])
    assert.equal(
      said(0, 128, ...names),
      'state of sums, key groups 0 to 127: a task built on other blocks than the manifest names',
    )
  assert.equal(staleWrite(null, [done({ state: [write('sums', 0, 256)] })]), null)
})
