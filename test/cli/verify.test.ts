import assert from 'node:assert/strict'
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openDirectoryHead } from '../../lib/adapters/local/head-directory.ts'
import { committed } from '../../lib/checkpoint/transition.ts'
import type { Head } from '../../lib/model/head.ts'
import { project, sluice } from './cli.ts'

const program = `
import { app, milliseconds } from 'sluice'
import { batches } from './numbers.ts'

export default app('words', milliseconds(20), (ssc) => {
  const words = Array.from({ length: 2000 }, (_, i) => 'word ' + i)
  const ones = ssc.source('words', batches(words, words, words, words)).map((word) => [word, 1])
  ones.updateStateByKey((ns, sum) => ns.length + (sum ?? 0)).foreachRDD(() => {})
})
`

test('what runs have written is found in order, over restarts and new beginnings', async (t) => {
  const folder = await project(t, { 'app.ts': program })
  for (const flags of [[], [], ['--fresh']])
    assert.equal((await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '2', ...flags])).code, 0)
  const { code, stdout } = await sluice(t, folder, ['verify', 'state'])
  assert.deepEqual(
    [code, stdout.replace(/\d+ objects?/, 'n objects').replace(/;.*/, '')],
    [0, '✓ words  18 writes, 6 batches, n objects checked\n'],
  )
})

test('a commit that skips the mark of the batch before is named with its revision', async (t) => {
  const folder = await project(t, { 'app.ts': program })
  await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1'])
  const store = await openDirectoryHead<Head>(join(folder, 'state/words'), { sync: false })
  const found = (await store.read())!
  await store.cas(
    found.rev,
    committed({ ...found.value, outDone: 0 }, { tick: found.value.tick + 1, manifest: found.value.manifest! }),
    'commit',
  )
  await store.close()
  const { code, stdout } = await sluice(t, folder, ['verify', 'state'])
  assert.equal(code, 1)
  assert.match(
    stdout,
    new RegExp(`^✕ E_HISTORY {2}words: write ${found.rev + 1} \\(commit\\): outDone or gcFloor went back\\.\n`),
  )
})

test('an object that the newest batch needs and that is gone is found', async (t) => {
  const folder = await project(t, { 'app.ts': program })
  await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '1'])
  const blobs = join(folder, 'state/words/blobs')
  for (const name of readdirSync(blobs)) rmSync(join(blobs, name), { recursive: true })
  const { code, stdout } = await sluice(t, folder, ['verify', 'state', '--json'])
  assert.equal(code, 1)
  const { apps } = JSON.parse(stdout) as { apps: { app: string; violation: { what: string } }[] }
  assert.match(
    apps[0].violation.what,
    /^batch 1 needs an object that cannot be read: There is no object|^the manifest of batch 1 cannot be read/,
  )
})
