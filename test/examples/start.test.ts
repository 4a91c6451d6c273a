import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { test } from 'node:test'
import { runNode } from './running-example.ts'

test('`npm start` counts the words of a text within its first batches, and ^C ends it and its server', async (t) => {
  const program = runNode(t, 'examples/start.ts')
  const { lines } = await program.until('words are counted', () =>
    program.printed.find((batch) => batch.lines.length > 0),
  )
  assert.equal(lines.length, 11)
  assert.equal(lines.at(-1), '...')
  for (const line of lines.slice(0, -1)) assert.match(line, /^\([A-Za-z]+,\d+\)$/)
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(program.stderr)![1])
  assert.equal(await program.stop(), 0)
  await assert.rejects(once(connect(port, '127.0.0.1'), 'connect'), { code: 'ECONNREFUSED' })
})
