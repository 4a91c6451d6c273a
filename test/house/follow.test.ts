import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { filesBelow } from './source-files.ts'

/** The layout that the rooms replaced took 540 functions in 100 files, and overflowed the stack in deep programs. */
const FILES_MAX = 99
const FUNCTIONS_MAX = 539

test('one warm batch goes through few files, as many as docs/architecture.md says', () => {
  const root = join(import.meta.dirname, '../..')
  const printed = execFileSync(process.execPath, ['--conditions=sluice-source', 'infra/follow.ts'], {
    cwd: root,
    encoding: 'utf8',
  })
  const counts = /(\d+) functions in (\d+) files/
  const [, functions, files] = counts.exec(printed)!.map(Number)
  assert.ok(
    files <= FILES_MAX && functions <= FUNCTIONS_MAX,
    `${printed.trim()}: put what has one user beside it, or leave what this batch does not need until it is needed ` +
      '(npm run follow -- --list names the files)',
  )
  const page = filesBelow('docs').find(({ path }) => path === 'docs/architecture.md')!.text
  // A batch that is late waits for nothing, and so goes through a file less.
  assert.ok(Math.abs(Number(counts.exec(page)![2]) - files) <= 1, 'say the new figures in docs/architecture.md')
})
