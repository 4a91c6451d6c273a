import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runProgram } from './cli.ts'

test(
  'B35: a batch that an expression of the program holds up for longer than the interval is said to be ' +
    'late, by how much, and by batch',
  async (t) => {
    const { code, stdout, stderr } = await runProgram(
      t,
      `import { app, milliseconds } from 'sluice'
import { batches } from './numbers.ts'
export default app('slow', milliseconds(50), (ssc) => {
  ssc.source('lines', batches(['${'a'.repeat(24)}b'])).filter((line) => /^(a+)+$/.test(line)).count().print()
})
`,
      ['--batches', '2'],
    )
    assert.equal(code, 0, stderr)
    assert.match(stderr, /\n {2}#1 .* ! [\d.]+ m?s over the 50 ms interval; #2 starts late\n/)
    assert.match(stdout, /\n0\n/)
    assert.ok(!stderr.includes('aaaa'))
  },
)
