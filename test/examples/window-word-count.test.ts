import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineServer, runExample } from './running-example.ts'

test('a word is counted in two slides, then it is gone', async (t) => {
  const server = await LineServer.open(t)
  const program = runExample(t, 'window-word-count', '127.0.0.1', server.port, 1, 0.5)
  await server.send('hadoop,spark,hadoop')
  await program.untilPrinted('(hadoop,2)', '(spark,1)')
  await program.untilMore(3)
  assert.equal(await program.stop(), 0)
  const sizes = program.printed.map((batch) => batch.lines.length)
  assert.deepEqual(
    sizes.filter((size) => size > 0),
    [2, 2],
  )
  assert.equal(sizes.lastIndexOf(2) - sizes.indexOf(2), 1)
})
