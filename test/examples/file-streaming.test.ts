import assert from 'node:assert/strict'
import { utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { runExample, temporaryFolder } from './running-example.ts'

test('a new file is counted in the next batch, a file from before is not', async (t) => {
  const directory = temporaryFolder()
  writeFileSync(join(directory, 'log1.txt'), 'I love Hadoop\n')
  const before = new Date(Date.now() - 10_000)
  utimesSync(join(directory, 'log1.txt'), before, before)

  const program = runExample(t, 'file-streaming', pathToFileURL(directory).href, 0.5)
  await program.untilMore(1)
  writeFileSync(join(directory, 'log2.txt'), 'I love Spark\nI love streams\n')
  await program.untilPrinted("('I', 2)", "('love', 2)", "('Spark', 1)", "('streams', 1)")
  await program.untilMore(1)
  assert.equal(await program.stop(), 0)
  assert.equal(program.printed.filter((batch) => batch.lines.length > 0).length, 1)
})
