import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineServer, runExample, temporaryFolder } from './running-example.ts'

test('a word that came once is counted in three slides, and stays with 0 after them', async (t) => {
  const server = await LineServer.open(t)
  const program = runExample(t, 'windowed-network-word-count', '127.0.0.1', server.port, temporaryFolder(), 1.5, 0.5)
  await server.send('spark')
  await program.until(
    'three empty windows',
    () => program.printed.filter((batch) => batch.lines[0] === "('spark', 0)").length >= 3,
  )
  assert.equal(await program.stop(), 0)
  const lines = program.printed.map((batch) => batch.lines)
  const first = lines.findIndex((each) => each.length > 0)
  assert.deepEqual(lines.slice(first, first + 3), Array(3).fill(["('spark', 1)"]))
  for (const each of lines.slice(first + 3)) assert.deepEqual(each, ["('spark', 0)"])
})

test('without host and port it says how it is used, and fails', async (t) => {
  const program = runExample(t, 'windowed-network-word-count')
  assert.equal(await program.ended(), 255)
  assert.match(program.stderr, /^Usage: /)
})
