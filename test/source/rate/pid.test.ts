import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasCode } from '../../../lib/model/errors.ts'
import { type SettingReader, settingsOf } from '../../../lib/model/settings/read.ts'
import { SparkConf } from '../../../lib/model/spark-conf.ts'
import { PIDRateEstimator } from '../../../lib/source/rate/pid.ts'
import { createRateController, createRateEstimator, RateController } from '../../../lib/source/rate/rate-controller.ts'

type Row = readonly [
  time: number,
  elements: number,
  processingDelay: number,
  schedulingDelay: number,
  expected: number | null,
]

const estimator = (integral: number, minRate: number): PIDRateEstimator =>
  new PIDRateEstimator({ batchMs: 20, proportional: 1, integral, derivative: 0, minRate })

const check = (pid: PIDRateEstimator, rows: readonly Row[]): void => {
  for (const [time, elements, processing, scheduling, expected] of rows)
    assert.equal(pid.compute(time, elements, processing, scheduling), expected, `at ${time}`)
}

const settings = (set: Record<string, string>): SettingReader => settingsOf(new SparkConf(set))

test('the first batch teaches the speed, the second gives a rate: ten in 10 ms are a thousand per second', () =>
  check(estimator(0, 10), [
    [0, 10, 10, 0, null],
    [10, 10, 10, 0, 1000],
  ]))

test('a batch that took no time, or less, gives no rate', () =>
  check(estimator(0, 10), [
    [0, 10, 10, 0, null],
    [10, 10, 0, 0, null],
    [20, 10, -10, 0, null],
  ]))

test('a batch without records, and one that is not newer, give no rate', () =>
  check(estimator(0, 10), [
    [10, 10, 10, 0, null],
    [20, 0, 10, 0, null],
    [10, 10, 10, 0, null],
    [30, 10, 10, 0, 1000],
  ]))

test('the rate never goes below its minimum', () =>
  check(estimator(1, 5), [
    [0, 1, 20, 100, null],
    ...Array.from({ length: 50 }, (_, i): Row => [20 * (i + 1), 1, 20, 100, 5]),
  ]))

test('without a backlog the rate follows the speed, up and down', () => {
  check(
    estimator(1, 10),
    Array.from({ length: 50 }, (_, i): Row => [20 * i, 20 * (i + 1), 20, 0, i === 0 ? null : 1000 * (i + 1)]),
  )
  check(
    estimator(1, 10),
    Array.from({ length: 50 }, (_, i): Row => [20 * i, 1000 - 20 * i, 20, 0, i === 0 ? null : 50_000 - 1000 * i]),
  )
})

test('with a backlog the rate stays below the speed', () => {
  const pid = estimator(0.01, 10)
  for (const [i, [elements, delay]] of (
    [
      [468, 13],
      [117, 2],
      [927, 9],
      [301, 18],
      [640, 1],
    ] as const
  ).entries()) {
    const rate = pid.compute(20 * i, elements, 20, delay)
    if (i > 0) assert.ok(rate !== null && rate < elements * 50, `${rate}`)
  }
})

test('settings that make no sense are refused', () => {
  const good = { batchMs: 20, proportional: 1, integral: 0, derivative: 0, minRate: 10 }
  for (const bad of [{ batchMs: 0 }, { proportional: -1 }, { integral: -1 }, { derivative: -1 }, { minRate: 0 }]) {
    assert.throws(
      () => new PIDRateEstimator({ ...good, ...bad }),
      (error) => hasCode(error, 'E_CONF'),
    )
  }
  assert.ok(
    createRateEstimator(settings({ 'spark.streaming.backpressure.rateEstimator': 'pid' }), 1000) instanceof
      PIDRateEstimator,
  )
  assert.throws(
    () => createRateEstimator(settings({ 'spark.streaming.backpressure.rateEstimator': 'best' }), 1000),
    (error) => hasCode(error, 'E_CONF'),
  )
})

test('a controller limits batches by its initial rate first, then by what it learns', () => {
  assert.equal(createRateController(settings({}), 1000), null)
  const controller = createRateController(
    settings({ 'spark.streaming.backpressure.enabled': 'true', 'spark.streaming.backpressure.initialRate': '50' }),
    2000,
  )!
  assert.equal(controller.limit(2000), 100)
  const batch = { records: 1000, processingDelay: 500, schedulingDelay: 0 }
  assert.equal(controller.batchCompleted({ ...batch, processingEndTime: 2000 }), null)
  assert.equal(controller.batchCompleted({ ...batch, processingEndTime: 4000 }), 2000)
  assert.equal(controller.limit(2000), 4000)
  assert.equal(new RateController(estimator(0, 10)).limit(1000), null)
})

test('a rate of less than one record in a batch lets one through: a stream never stands still', () => {
  const slow = settings({
    'spark.streaming.backpressure.enabled': 'true',
    'spark.streaming.backpressure.initialRate': '1',
  })
  for (const batchMs of [1, 100, 999, 1000]) assert.equal(createRateController(slow, batchMs)!.limit(batchMs), 1)
})

test('a controller that recalls what another one knows after a batch goes on as that one does', () => {
  const on = settings({ 'spark.streaming.backpressure.enabled': 'true' })
  const [one, other] = [createRateController(on, 1000)!, createRateController(on, 1000)!]
  for (let batch = 1; batch <= 5; batch++) {
    const done = {
      processingEndTime: batch * 1000,
      records: 1000 + 100 * batch,
      processingDelay: 900 + 50 * batch,
      schedulingDelay: 10 * batch,
    }
    const memory = one.memoryAfter(done)
    assert.deepEqual(one.memoryAfter(done), memory, 'nothing is learned by looking ahead')
    one.batchCompleted(done)
    other.recall(JSON.parse(JSON.stringify(memory)))
    assert.equal(other.limit(1000), one.limit(1000))
  }
})

test('the derivative weighs by how much the difference has changed in a second', () => {
  const pid = new PIDRateEstimator({ batchMs: 1000, proportional: 1, integral: 0, derivative: 1, minRate: 10 })
  check(pid, [
    [0, 10, 10, 0, null],
    [1000, 20, 10, 0, 3000],
    // The difference was -1000 and is 1000, two seconds later.
    [3000, 20, 10, 0, 1000],
  ])
})

test('each weight may be 0, and each is read from the setting of its name', () => {
  const batches: readonly [number, number, number, number][] = [
    [0, 10, 10, 0],
    [1000, 20, 10, 50],
    [3000, 30, 10, 70],
    [4000, 10, 20, 500],
    [5000, 10, 20, 90],
  ]
  const rates = (each: ReturnType<typeof createRateEstimator>): unknown[] =>
    batches.map((batch) => each.compute(...batch))
  for (const [proportional, integral, derivative] of [
    [0, 2, 3],
    [1, 0, 0.5],
    [1, 0.25, 0],
    [0.5, 0.125, 0.25],
  ]) {
    const read = createRateEstimator(
      settings({
        'spark.streaming.backpressure.pid.proportional': String(proportional),
        'spark.streaming.backpressure.pid.integral': String(integral),
        'spark.streaming.backpressure.pid.derived': String(derivative),
        'spark.streaming.backpressure.pid.minRate': '7',
      }),
      1000,
    )
    const given = new PIDRateEstimator({ batchMs: 1000, proportional, integral, derivative, minRate: 7 })
    assert.deepEqual(rates(read), rates(given))
  }
})
