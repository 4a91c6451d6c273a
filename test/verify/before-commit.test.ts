import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { verifyApp } from '../../lib/cli/verify-directory.ts'
import type { OutputSink } from '../../lib/index.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'
import { growingSource } from '../support/open-log.ts'
import { type Build, runBatches } from '../support/run.ts'

const sink: OutputSink<unknown> = { name: 'place', guarantee: 'exactly-once', write: async () => {} }

const builds: Record<string, Build> = {
  'splits that have their ends': (input) => {
    input().output('early', sink, { order: 'before' })
    return {}
  },
  'ends that reading finds': (input, ssc) => {
    input()
      .union(ssc.source('numbers', growingSource(1)))
      .output('early', sink, { order: 'before' })
    return {}
  },
}

for (const [what, build] of Object.entries(builds))
  test(`verify finds nothing where outputs come before the commit, with ${what}`, async (t) => {
    const dir = await temporaryFolder(t)
    const { errors } = await runBatches(build, [[1, 2], [], [3]], { dir, lives: [{ batches: 2 }, { batches: 1 }] })
    assert.deepEqual(errors, [])
    const { violation, batches } = await verifyApp(join(dir, 'test'))
    assert.deepEqual([violation, batches], [null, 3])
  })
