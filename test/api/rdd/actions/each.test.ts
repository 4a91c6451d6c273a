import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { TaskContext } from '../../../../lib/lineage/task-context.ts'
import { newContext } from '../sentences.ts'

test('foreach sees every record in order, and its task', () => {
  const seen: [number, number][] = []
  const result = newContext()
    .range(0, 4, 1, 2)
    .foreach((x) => {
      seen.push([x, TaskContext.get()!.partitionId()])
    })
  assert.equal(result, undefined)
  assert.deepEqual(seen, [
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 1],
  ])
  assert.equal(TaskContext.get(), null)
})

test('foreachPartition is called for empty partitions too', () => {
  const seen: number[][] = []
  newContext()
    .parallelize([1, 2], 3)
    .foreachPartition((records) => {
      seen.push([...records])
    })
  assert.deepEqual(seen, [[], [1], [2]])
})

test('with promises, partitions run one after the other and the task is known throughout', async () => {
  const events: string[] = []
  await newContext()
    .range(0, 2, 1, 2)
    .foreachPartition(async (records) => {
      const [x] = records
      events.push(`start ${x}`)
      await pause(1)
      events.push(`end ${x} in ${TaskContext.get()!.partitionId()}`)
    })
  assert.deepEqual(events, ['start 0', 'end 0 in 0', 'start 1', 'end 1 in 1'])
})

test('records that fail later fail the action, and no later partition starts', async () => {
  const seen: number[] = []
  const failing = newContext()
    .range(0, 6, 1, 3)
    .foreach(async (x) => {
      seen.push(x)
      await pause(1)
      if (x === 1) throw new Error('no')
    })
  await assert.rejects(failing, { message: 'no' })
  assert.deepEqual(seen, [0, 1])
})

test('a record that fails at once leaves no promise unwatched', async () => {
  const rdd = newContext().range(0, 2, 1, 1)
  assert.throws(
    () =>
      rdd.foreach((x): Promise<void> => {
        if (x === 1) throw new Error('at once')
        return Promise.reject(new Error('later'))
      }),
    { message: 'at once' },
  )
  await pause(1)
})

test('the async actions give promises', async () => {
  const rdd = newContext().range(0, 4, 1, 2)
  const seen: number[] = []
  assert.equal(await rdd.countAsync(), 4)
  assert.deepEqual(await rdd.collectAsync(), [0, 1, 2, 3])
  assert.deepEqual(await rdd.takeAsync(2), [0, 1])
  await rdd.foreachAsync((x) => {
    seen.push(x)
  })
  await rdd.foreachPartitionAsync((records) => {
    seen.push(...records)
  })
  assert.deepEqual(seen, [0, 1, 2, 3, 0, 1, 2, 3])
  await assert.rejects(
    rdd
      .map(() => {
        throw new Error('no')
      })
      .countAsync(),
    { message: 'no' },
  )
})
