import assert from 'node:assert/strict'
import { test } from 'node:test'
import { temporaryFolder } from '../../adapters/local/temporary-folder.ts'
import { type Called, module, NAMES, ones, sums } from '../../support/kinds-program.ts'
import { runBatches } from '../../support/run.ts'

for (const called of ['sources', 'operators'] as const satisfies readonly Called[])
  test(`${called} that are called as objects are keep their state, in task threads and over a restart`, async (t) => {
    const run = await runBatches(sums(called), ones(called, 4), {
      dir: await temporaryFolder(t),
      lives: [
        { batches: 2, workers: 2 },
        { batches: 2, workers: 2 },
      ],
      module,
      args: [called, '4'],
    })
    assert.deepEqual(run.errors, [])
    for (const name of NAMES) assert.deepEqual(run.shown[`sum-${name}`], [[1], [3], [5], [7]], name)
  })
