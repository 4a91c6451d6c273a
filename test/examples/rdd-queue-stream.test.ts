import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runExample, same } from './running-example.ts'

test('five batches of ten lines each, then the program ends by itself', async (t) => {
  const program = runExample(t, 'rdd-queue-stream', 0.3)
  assert.equal(await program.ended(), 0, program.stderr)
  const wanted = Array.from({ length: 10 }, (_, digit) => `(${digit}, 100)`)
  const [first, second, third, fourth, fifth, ...rest] = program.printed.map((batch) => batch.lines)
  for (const lines of [first, second, third, fourth, fifth]) assert.ok(lines && same(lines, wanted), program.stdout)
  assert.ok(
    rest.every((lines) => lines.length === 0),
    program.stdout,
  )
  assert.ok(!program.stdout.includes('...'))
})
