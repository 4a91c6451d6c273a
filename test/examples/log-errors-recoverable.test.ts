import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errors } from './log-errors.ts'
import { LineServer, runExample, temporaryFolder } from './running-example.ts'

test('a killed program is started again and still counts the errors of before', async (t) => {
  const server = await LineServer.open(t)
  const args = ['127.0.0.1', server.port, temporaryFolder(), 60, 0.5] as const
  const killed = runExample(t, 'log-errors-recoverable', ...args)
  await server.send(errors[0], errors[1])
  await killed.untilPrinted('2')
  // The last batch before a crash may be printed twice: let it be one without lines.
  await killed.untilMore(2)
  await killed.kill()

  const program = runExample(t, 'log-errors-recoverable', ...args)
  await program.until('the first batch', () => program.printed.length >= 2)
  await server.send(errors[2])
  await program.untilPrinted('3')
  assert.equal(await program.stop(), 0)
  const lines = program.printed.flatMap((batch) => batch.lines)
  assert.deepEqual(
    lines.filter((line) => line.includes('ERROR')),
    [errors[2]],
  )
  assert.deepEqual([...new Set(lines.filter((line) => !line.includes('ERROR')))], ['2', '3'])
})
