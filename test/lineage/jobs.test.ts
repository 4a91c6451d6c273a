import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ByteReader, ByteWriter } from '../../lib/codec/bytes.ts'
import { readValue, writeValue } from '../../lib/codec/value.ts'
import { type JobRunner, JobNeeded } from '../../lib/lineage/jobs.ts'
import { RDD } from '../../lib/api/rdd/rdd.ts'
import { ResidentRunner } from '../../lib/lineage/resident.ts'
import type { SparkContext } from '../../lib/api/rdd/spark-context.ts'
import { newContext } from '../api/rdd/sentences.ts'

/**
 * As a plan does it: each job that is missing is run on its own, its results are stored, and the function runs again.
 */
function planned<R>(f: (runner: JobRunner) => R): { result: R; jobs: number } {
  const recorded: unknown[] = []
  for (;;) {
    let job = 0
    const runner: JobRunner = {
      kind: 'planning',
      runJob: (node, splits, newPartial) => {
        if (job === recorded.length) throw new JobNeeded('transform', node, splits, newPartial)
        return recorded[job++] as never
      },
    }
    try {
      return { result: f(runner), jobs: recorded.length }
    } catch (error) {
      if (!(error instanceof JobNeeded)) throw error
      recorded.push(stored(new ResidentRunner().runJob(error.node, error.splits, error.newPartial)))
    }
  }
}

function stored<V>(value: V): V {
  const writer = new ByteWriter()
  writeValue(writer, value)
  return readValue(new ByteReader(writer.copy(), 'result')) as V
}

const numbersOf = (sc: SparkContext, runner: JobRunner): RDD<number> =>
  new RDD(sc, sc.range(0, 30, 1, 3).map((x) => (x * 7) % 30).node, runner)
const collected = <T>(rdd: RDD<T>): T[] => new RDD(rdd.sparkContext, rdd.node, new ResidentRunner()).collect()

test('what runs a job inside transform is the same after its results were stored', () => {
  const sc = newContext()
  const cases: [string, number, (rdd: RDD<number>) => RDD<unknown>][] = [
    ['sortBy', 1, (rdd) => rdd.sortBy((x) => x)],
    ['zipWithIndex', 1, (rdd) => rdd.zipWithIndex()],
    [
      'sampleByKeyExact',
      1,
      (rdd) =>
        rdd
          .keyBy((x) => x % 3)
          .sampleByKeyExact(
            false,
            new Map([
              [0, 0.5],
              [1, 0.5],
              [2, 0.5],
            ]),
          ),
    ],
    [
      'first',
      1,
      (rdd) => {
        const first = rdd.first()
        return rdd.filter((x) => x > first)
      },
    ],
    [
      'two jobs',
      2,
      (rdd) => {
        const mean = rdd.mean()
        const max = rdd.max()
        return rdd.map((x) => (x - mean) / max)
      },
    ],
    [
      'countByValue',
      1,
      (rdd) => {
        const counts = rdd.map((x) => x % 2).countByValue()
        return rdd.map((x) => counts.get(x % 2))
      },
    ],
    [
      'countApproxDistinct',
      1,
      (rdd) => {
        const n = rdd.countApproxDistinct()
        return rdd.map((x) => x / n)
      },
    ],
    [
      'aggregate',
      1,
      (rdd) => {
        const seen = rdd.aggregate(
          new Set<number>(),
          (set, x) => set.add(x),
          (a, b) => a.union(b),
        )
        return rdd.filter((x) => seen.has(x))
      },
    ],
    [
      'no job',
      0,
      (rdd) =>
        rdd
          .keyBy((x) => x)
          .reduceByKey((a) => a)
          .join(sc.range(5).keyBy((x) => x))
          .sample(false, 0.5),
    ],
  ]
  for (const [name, jobs, f] of cases) {
    const plan = planned((runner) => f(numbersOf(sc, runner)))
    assert.equal(plan.jobs, jobs, name)
    assert.deepEqual(collected(plan.result), f(numbersOf(sc, new ResidentRunner())).collect(), name)
  }
})

test('an RDD of the program that meets one of a plan is planned', () => {
  const sc = newContext()
  const { result } = planned((runner) =>
    [sc.range(2).union(numbersOf(sc, runner)), numbersOf(sc, runner).keyBy(String).join(sc.range(2).keyBy(String))].map(
      (rdd) => rdd.runner.kind,
    ),
  )
  assert.deepEqual(result, ['planning', 'planning'])
})
