import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { AccumulatorV2, withAccumulatorScope } from '../../lib/lineage/accumulator.ts'
import { hasCode } from '../../lib/model/errors.ts'
import { newContext } from '../api/rdd/sentences.ts'

class Largest extends AccumulatorV2<number, number> {
  found = -Infinity
  add(value: number): void {
    this.found = Math.max(this.found, value)
  }
  merge(other: Largest): void {
    this.add(other.found)
  }
  reset(): void {
    this.found = -Infinity
  }
  copy(): Largest {
    const copy = new Largest()
    copy.found = this.found
    return copy
  }
  get isZero(): boolean {
    return this.found === -Infinity
  }
  get value(): number {
    return this.found
  }
}

test('what tasks add is there after the action', () => {
  const sc = newContext()
  const [sum, all, largest] = [
    sc.longAccumulator('sum'),
    sc.collectionAccumulator<number>(),
    sc.register(new Largest(), 'largest'),
  ]
  sc.range(0, 5, 1, 3).foreach((x) => {
    sum.add(x)
    all.add(x)
    largest.add(x)
  })
  assert.deepEqual(
    [sum.value, sum.sum, sum.count, sum.avg, all.value, largest.value],
    [10, 10, 5, 2, [0, 1, 2, 3, 4], 4],
  )
  sum.reset()
  assert.equal(sum.isZero, true)
})

test('outside of a task, add counts at once', () => {
  const sum = newContext().doubleAccumulator()
  sum.add(0.5)
  assert.equal(sum.value, 0.5)
})

test('a task that fails counts nothing; those before it count', () => {
  const sc = newContext()
  const seen = sc.longAccumulator()
  assert.throws(() =>
    sc.range(0, 4, 1, 2).foreach((x) => {
      seen.add(1)
      if (x === 3) throw new Error('no')
    }),
  )
  assert.equal(seen.value, 2)
})

test('updates of tasks elsewhere are merged once each, by name or by order', () => {
  const program = () => {
    const sc = newContext()
    return {
      sc,
      sum: sc.longAccumulator('sum'),
      all: sc.collectionAccumulator<string>(),
      largest: sc.register(new Largest()),
    }
  }
  const [driver, worker] = [program(), program()]
  const attempt = (value: number) =>
    withAccumulatorScope(() => {
      worker.sum.add(value)
      worker.all.add(`v${value}`)
      worker.largest.add(value)
    })
  attempt(100) // its answer never arrives
  for (const value of [1, 2]) driver.sc.accumulators.merge(JSON.parse(JSON.stringify(attempt(value).updates())))
  assert.deepEqual(
    [driver.sum.value, driver.sum.count, driver.all.value, driver.largest.value],
    [3, 2, ['v1', 'v2'], 2],
  )
  assert.deepEqual([worker.sum.value, worker.all.value, worker.largest.isZero], [0, [], true])
})

test('two accumulators of one name stay two', () => {
  const sc = newContext()
  const [a, b] = [sc.longAccumulator('n'), sc.longAccumulator('n')]
  const task = withAccumulatorScope(() => {
    a.add(1)
    b.add(2)
  })
  sc.accumulators.merge(task.updates())
  assert.deepEqual([a.value, b.value], [1, 2])
})

test('tasks that wait for each other keep their additions apart', async () => {
  const sum = newContext().longAccumulator()
  const task = (value: number) =>
    withAccumulatorScope(async () => {
      await pause(1)
      sum.add(value)
      await pause(1)
      sum.add(value)
    })
  const tasks = [task(1), task(10)]
  await Promise.all(tasks.map(({ result }) => result))
  assert.equal(sum.value, 0)
  assert.deepEqual(
    tasks.map((one) => (one.updates()[0].snapshot as { sum: number }).sum),
    [2, 20],
  )
})

test('what promises of foreach add after their task was counted is not lost', async () => {
  const sc = newContext()
  const sum = sc.longAccumulator()
  await sc.range(0, 4, 1, 2).foreach(async (x) => {
    await pause(1)
    sum.add(x)
  })
  assert.equal(sum.value, 6)
})

test('what promises add after the updates of their task were asked for goes to the accumulator itself', async () => {
  const sum = newContext().longAccumulator()
  const task = withAccumulatorScope(async () => {
    sum.add(1)
    await pause(1)
    sum.add(10)
  })
  assert.equal((task.updates()[0].snapshot as { sum: number }).sum, 1)
  await task.result
  assert.equal(sum.value, 10)
})

test('a task within a task counts in that one, and with it', () => {
  const sum = newContext().longAccumulator()
  const outer = withAccumulatorScope(() => {
    sum.add(1)
    withAccumulatorScope(() => sum.add(10)).commit()
    withAccumulatorScope(() => sum.add(100))
  })
  assert.equal(sum.value, 0)
  assert.equal((outer.updates()[0].snapshot as { sum: number }).sum, 11)
})

test('an accumulator to which 0 was added is not zero any more; registered again, it stays what it was', () => {
  const sc = newContext()
  const sum = sc.longAccumulator('sum')
  sum.add(0)
  assert.equal(sum.isZero, false)
  assert.equal(sc.register(sum, 'another').name, 'sum')
  const [update] = withAccumulatorScope(() => sum.add(4)).updates()
  assert.equal(update.accumulator, 'sum')
  sc.accumulators.merge([update])
  assert.deepEqual([sum.value, sum.count], [4, 2])
})

test('an accumulator of numbers takes numbers only: a text would be joined to the sum', () => {
  const sum = newContext().longAccumulator('sum')
  sum.add(3)
  for (const value of ['7', undefined, null, 7n, [1], true])
    assert.throws(
      () => sum.add(value as never),
      (error) => hasCode(error, 'E_ARGUMENT') && error.message.startsWith('add of an accumulator was given '),
    )
  assert.deepEqual([sum.value, sum.count], [3, 1])
})
