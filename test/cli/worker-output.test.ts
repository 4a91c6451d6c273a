import assert from 'node:assert/strict'
import { test } from 'node:test'
import { project, sluice } from './cli.ts'

const saying = `import { app, milliseconds } from 'sluice'
export default app('saying', milliseconds(50), (ssc) => {
  ssc
    .queueStream([[1, 2, 3, 4]])
    .map((n) => {
      for (let i = 0; i < 20_000; i++) console.log('function of record', n, i)
      console.error('error of record', n)
      return n
    })
    .foreachRDD(() => {})
})
`

test('what functions print in a thread of their own is there when the run ends right behind it', async (t) => {
  const folder = await project(t, { 'app.ts': saying })
  for (let run = 0; run < 3; run++) {
    const { stdout, stderr } = await sluice(t, folder, ['run', 'app.ts', '--workers', '2', '--batches', '1'])
    assert.equal(stdout.match(/^function of record/gm)?.length, 80_000)
    assert.equal(stderr.match(/^error of record/gm)?.length, 4)
  }
})
