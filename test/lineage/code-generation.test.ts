import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { outcome } from '../support/generated-program.ts'

const program = fileURLToPath(import.meta.resolve('../support/generated-program.ts'))

test('where no code may be made out of text, a program shows the same and fails in the same places', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--disallow-code-generation-from-strings', program])
  const expected = await outcome()
  assert.deepEqual(JSON.parse(stdout), JSON.parse(expected))
  const [shown, errors, codes] = JSON.parse(expected)
  assert.deepEqual(
    [errors, shown.sums[0].length, codes.map(([[code]]: any) => code)],
    [[], 2, ['E_PAIR', 'E_KEY', 'E_ASYNC', 'E_USER_CODE']],
  )
})
