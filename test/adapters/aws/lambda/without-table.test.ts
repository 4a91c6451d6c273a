import assert from 'node:assert/strict'
import { test } from 'node:test'
import { s3TextFiles } from '../../../../lib/adapters/aws/s3/s3-files.ts'
import { emulated } from '../emulated.ts'
import { deployed } from './deployment.ts'

const servers = await emulated()

test('without a table the head lies in the bucket: batches count, and no call goes to DynamoDB', async () => {
  const calls: string[] = []
  const { put, tick, saved, head } = await deployed(
    servers,
    (ssc, place) =>
      ssc
        .source('lines', s3TextFiles(`${place}/in`))
        .map((word) => [word, 1] as [string, number])
        .updateStateByKey<number>((added, sum) => added.reduce((a, b) => a + b, sum ?? 0))
        .saveAsTextFiles(`${place}/out/n`),
    {
      withoutTable: true,
      between: (send, { constructor: { name } }) => {
        calls.push(name)
        return send()
      },
    },
  )
  for (let batch = 1; batch <= 3; batch++) {
    await put(`${batch}`, 'a\nb')
    assert.deepEqual(await tick(), { busy: false, batches: 1, committed: batch })
  }
  assert.deepEqual((await saved()).at(-1), { a: 3, b: 3 })
  assert.equal((await head()).committed, 3)
  assert.deepEqual(
    calls.filter((name) => name.endsWith('ItemCommand') || name === 'QueryCommand'),
    [],
  )
})
