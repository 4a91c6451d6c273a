import assert from 'node:assert/strict'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { project, sluice } from './cli.ts'

/** Its objects are all kept: nothing that an older log names is gone. */
const program = `import { app, milliseconds } from 'sluice'
export default app('counts', milliseconds(20), (ssc) => {
  const pairs = ssc.rateStream(50_000).map(({ value }) => ['number ' + (value % 900), 1])
  pairs.updateStateByKey((ones, sum) => ones.length + (sum ?? 0)).count().print()
}, { conf: { 'sluice.keepBatches': 100 } })
`

test('an older copy of the log is refused: outputs have shown batches that it knows nothing of', async (t) => {
  const folder = await project(t, { 'app.ts': program })
  const log = join(folder, 'state/counts/head-1.log')
  const run = (...more: string[]) => sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '3', ...more])
  assert.equal((await run()).code, 0)
  copyFileSync(log, join(folder, 'older.log'))
  assert.equal((await run()).code, 0)
  assert.equal((await sluice(t, folder, ['verify', 'state'])).code, 0)

  copyFileSync(join(folder, 'older.log'), log)
  const said = /it commits batch 3, and there are objects of batch 6: it is an older copy/
  const verified = await sluice(t, folder, ['verify', 'state'])
  assert.equal(verified.code, 1)
  assert.match(verified.stdout + verified.stderr, said)
  const refused = await run()
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, said)
  assert.ok(readFileSync(log).equals(readFileSync(join(folder, 'older.log'))), 'the directory is as it was found')
  assert.equal((await run('--resume')).code, 0)
})
