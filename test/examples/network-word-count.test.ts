import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineServer, runExample, same } from './running-example.ts'

test('`hello world` is counted in one batch, and batches without input print their header only', async (t) => {
  const server = await LineServer.open(t)
  const program = runExample(t, 'network-word-count', '127.0.0.1', server.port, 0.5)
  await server.send('hello world')
  const counted = await program.untilPrinted('(hello,1)', '(world,1)')
  assert.match(counted.time, /^\d{13} ms$/)
  const after = await program.untilMore(2)
  assert.deepEqual(
    after.flatMap((batch) => batch.lines),
    [],
  )
  assert.equal(program.printed.filter((batch) => batch.lines.length > 0).length, 1)
  assert.ok(same(counted.lines, ['(hello,1)', '(world,1)']))
  assert.equal(await program.stop(), 0)
})
