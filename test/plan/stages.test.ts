import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RDD, seconds } from '../../lib/index.ts'
import type { BatchPlan } from '../../lib/model/task.ts'
import { encodeActionResult } from '../../lib/plan/action-results.ts'
import { PlannedView, retainedStreams } from '../../lib/plan/batch-view.ts'
import { fingerprint } from '../../lib/plan/fingerprint.ts'
import { planStages, type StagePlan } from '../../lib/plan/stages.ts'
import { JobNeeded } from '../../lib/lineage/jobs.ts'
import { laws } from '../api/dstream/laws.ts'
import { Dice } from '../support/dice.ts'
import { type Build, newContext, START } from '../support/run.ts'

const add = (a: number, b: number): number => a + b

/** The stages of one batch as a process sees them that has just built the program. */
function planned(
  build: Build,
  {
    staged = false,
    actions = {},
    batch = 1,
    batches = [[]] as any,
  }: { staged?: boolean; actions?: BatchPlan['actions']; batch?: number; batches?: any } = {},
): StagePlan {
  const context = newContext(build, batches, {})
  context.graph.assignUids()
  const cuts = Object.fromEntries(
    context.graph.inputs.map((input) => [
      input.uid,
      {
        position: 0,
        splits: [
          [0, 0],
          [0, 1],
        ],
        records: null,
      },
    ]),
  )
  const plan: BatchPlan = {
    app: 'test',
    inc: 'i1',
    batch,
    tick: batch,
    time: START + 1000 * batch,
    nonce: 'n',
    epoch: 1,
    graph: fingerprint(context.graph),
    zeroTime: START,
    cuts,
    actions,
    state: {},
    retained: {},
  }
  return planStages(context.graph, new PlannedView(context.graph, plan, context.sparkContext), staged)
}

const shapeOf = ({ stages }: StagePlan): unknown[] =>
  stages.map(({ id, node, terminal, parents }) => [
    id,
    node.kind,
    node.label,
    node.partitions,
    terminal.kind === 'output' ? terminal.output : terminal.kind,
    parents,
  ])

test('two builds of one program have the same stages, numbers and all', () => {
  for (const { make } of laws) {
    for (const staged of [false, true]) {
      const [one, other] = [1, 2].map(() => {
        const { build, batches } = make(new Dice(7), 5)
        return shapeOf(planned(build, { staged, batch: 60, batches }))
      })
      assert.deepEqual(one, other)
    }
  }
})

test('what passes through from many partitions takes a bucket for each, not one for each pair of them', () => {
  const { stages } = planned(
    (input) => {
      const sums = input().updateStateByKey((ones: readonly number[]) => ones.length, { partitions: 250 })
      return { sums, dealt: sums.repartition(2) }
    },
    { staged: true },
  )
  const passing = stages.flatMap(({ node, terminal }) => {
    if (terminal.kind !== 'shuffle' || node.cut !== terminal.dependency) return []
    return [terminal.dependency]
  })
  assert.equal(passing.length, 1)
  const [{ parent, shared, newWriter }] = passing as [(typeof passing)[0]]
  assert.equal(parent.partitions, 250)
  assert.ok(shared, 'one writer serves all partitions of a task')
  const writer = newWriter(0)
  for (const split of [0, 7, 249]) {
    writer.begin!(split)
    writer.emit(split as never)
  }
  const buckets = writer.finish()
  assert.equal(buckets.length, 250)
  assert.deepEqual(
    buckets.flatMap(({ values }, at) => values.map((value) => [at, value])),
    [
      [0, 0],
      [7, 7],
      [249, 249],
    ],
  )
})

test('every stage comes after the stages it reads', () => {
  for (const { make } of laws) {
    const { build, batches } = make(new Dice(8), 5)
    for (const { id, parents } of planned(build, { staged: true, batch: 60, batches }).stages)
      for (const parent of parents) assert.ok(parent < id)
  }
})

test('narrow operators share a stage, a shuffle starts another, and one shuffle serves two readers', () => {
  const kinds = (build: Build): string[] => planned(build).stages.map(({ terminal }) => terminal.kind)
  assert.deepEqual(
    kinds((input) =>
      input()
        .map((x: number) => x + 1)
        .filter((x: number) => x > 0),
    ),
    ['output'],
  )
  assert.deepEqual(
    kinds((input) => input().reduceByKey(add)),
    ['shuffle', 'output'],
  )
  assert.deepEqual(
    kinds((input) => {
      const sums = input().reduceByKey(add)
      return { sums, more: sums.mapValues((sum: number) => sum + 1) }
    }),
    ['shuffle', 'output', 'output'],
  )
})

const counting: Build = (input) => input().updateStateByKey((values: readonly number[]) => values.length)

test(
  'in one task, state has a stage of its own beside the output that reads it: the task computes each ' +
    'partition once',
  () => {
    assert.deepEqual(
      planned(counting).stages.map(({ node, terminal }) => [node.kind, terminal.kind]),
      [
        ['source', 'shuffle'],
        ['state', 'output'],
        ['state', 'effect'],
      ],
    )
  },
)

test('in several tasks, state that one output reads is computed where that output is', () => {
  const staged = planned(counting, { staged: true }).stages
  assert.deepEqual(
    staged.map(({ node, terminal }) => [node.kind, terminal.kind]),
    [
      ['source', 'shuffle'],
      ['state', 'output'],
    ],
  )
})

test('in several tasks, state that two stages read is computed by one stage and shipped to both', () => {
  const twice: Build = (input) => {
    const state = input().updateStateByKey((values: readonly number[]) => values.length)
    return { all: state, some: state.filter(() => true) }
  }
  const staged = planned(twice, { staged: true }).stages
  const owners = staged.filter(({ node, terminal }) => node.kind === 'state' && terminal.kind === 'shuffle')
  assert.equal(owners.length, 1)
  for (const stage of staged) if (stage.terminal.kind !== 'shuffle') assert.deepEqual(stage.parents, [owners[0].id])
})

test('an action inside transform asks for a job, and its recorded result shapes the lineage', () => {
  const build: Build = (input) => input().transform((rdd: RDD<number>) => (rdd.count() > 10 ? rdd.repartition(5) : rdd))
  assert.throws(() => planned(build), JobNeeded)
  const withCounts = (...counts: number[]): BatchPlan['actions'] => ({ 'in/transform': [encodeActionResult(counts)] })
  assert.deepEqual(
    planned(build, { actions: withCounts(1, 2) }).stages.map(({ node }) => node.partitions),
    [2],
  )
  assert.deepEqual(
    planned(build, { actions: withCounts(9, 2) }).stages.map(({ node }) => node.partitions),
    [2, 5],
  )
})

test('what windows read is kept under the name of the window', () => {
  const context = newContext(
    (input) =>
      input()
        .map((x: number) => x)
        .window(seconds(2)),
    [[]],
    {},
  )
  context.graph.assignUids()
  assert.deepEqual([...retainedStreams(context.graph).values()], ['in/window/input'])
})

test('another operator, slide or edge is another fingerprint, and a second build is not', () => {
  const of = (build: Build): string => {
    const { graph } = newContext(build, [[]], {})
    graph.assignUids()
    return fingerprint(graph)
  }
  const base: Build = (input) => input().window(seconds(2))
  assert.equal(of(base), of(base))
  const others: Build[] = [
    (input) => input().window(seconds(2), seconds(2)),
    (input) =>
      input()
        .map((x: number) => x)
        .window(seconds(2)),
    (input) => ({ a: input().window(seconds(2)), b: input() }),
  ]
  assert.equal(new Set([base, ...others].map(of)).size, 4)
})
