import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RDD, Source } from '../../../lib/index.ts'
import { runBatches } from '../../support/run.ts'

/** Two records in every batch; `promised` is what the cut says. */
const lines = (promised: number): Source<string> => ({
  name: 'Lines',
  cut: async ({ position }) => {
    const at = Number(position ?? 0)
    return { position: at + 1, splits: [at], records: promised }
  },
  read: (at) => [[`a${Number(at)}`, `b${Number(at)}`]],
})

test('a source that counts wrongly is named, with both numbers, and no record or task is blamed', async () => {
  const { errors } = await runBatches((_input, context) => context.source('lines', lines(1)), [], {
    lives: [{ batches: 1 }],
  })
  const { code, fault, message, where } = errors[0]
  assert.deepEqual([code, fault, where.operator], ['E_SOURCE', 'source', 'lines'])
  assert.match(message, /said in cut\(\) that there are 1 records, and read\(\) gave 2/)
})

test('an RDD that was kept from another batch is what the error is about, with what to use', async () => {
  const { errors } = await runBatches(
    (_input, context) => {
      let all: RDD<string> = context.sparkContext.emptyRDD()
      return context.source('lines', lines(2)).transform((rdd) => (all = all.union(rdd)))
    },
    [],
    { lives: [{ batches: 2 }] },
  )
  const { code, message, where, next } = errors[0]
  assert.deepEqual([code, where.batch, where.operator], ['E_NOT_RESIDENT', 2, 'lines'])
  assert.match(message, /kept from another batch/)
  assert.match(next.join(), /window\(length\)/)
})
