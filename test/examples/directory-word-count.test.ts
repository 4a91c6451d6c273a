import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runExample, temporaryFolder } from './running-example.ts'

test('files in a subdirectory are not read', async (t) => {
  const directory = temporaryFolder()
  const program = runExample(t, 'directory-word-count', directory, 0.5)
  await program.untilMore(1)
  mkdirSync(join(directory, 'deeper'))
  writeFileSync(join(directory, 'deeper', 'a.txt'), 'hidden,deeper\n')
  writeFileSync(join(directory, 'a.txt'), 'hadoop,spark,hadoop\n')
  await program.untilPrinted('(hadoop,2)', '(spark,1)')
  await program.untilMore(2)
  assert.equal(await program.stop(), 0)
  assert.deepEqual(program.printed.flatMap((batch) => batch.lines).sort(), ['(hadoop,2)', '(spark,1)'])
})
