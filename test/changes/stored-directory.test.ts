import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { project, sluice } from '../cli/cli.ts'

const here = (name: string): string => fileURLToPath(new URL(`stored/${name}`, import.meta.url))

/** What version 0.1.0 left after 45 batches of 40 numbers each, of which it set one aside as a dead letter. */
test('a directory that version 0.1.0 wrote goes on: sums, windows, positions and the open dead letter', async (t) => {
  const folder = await project(t, { 'app.ts': readFileSync(here('program.ts'), 'utf8') })
  execFileSync('tar', ['-xzf', here('version-0.1.0.tgz'), '-C', folder])

  const listed = await sluice(t, folder, ['dead', 'list', 'state'])
  assert.match(listed.stdout, /20-1 +numbers +E_USER_CODE/)
  const run = await sluice(t, folder, ['run', 'app.ts', '--dir', 'state', '--batches', '3'])
  assert.equal(run.code, 0, run.stderr)
  assert.deepEqual(
    said(folder, 'totals').map((totals) => totals.reduce((sum, [, n]) => sum + n, 0)),
    [46, 47, 48].map((batches) => batches * 40 - 1),
  )
  assert.equal((await sluice(t, folder, ['verify', 'state'])).code, 0)
})

const said = (folder: string, output: string): [string, number][][] =>
  readFileSync(join(folder, 'said.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as [string, number, [string, number][]])
    .filter(([name]) => name === output)
    .map(([, , rows]) => rows)
