import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { errorSections } from '../../lib/cli/explain.ts'
import { ERROR_CODES } from '../../lib/model/error-codes.ts'
import { temporaryFolder } from '../adapters/local/temporary-folder.ts'
import { sluice } from './cli.ts'

const sections = errorSections(readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8'))

test('every code of the table has a section in docs/errors.md, and every section a code', () => {
  assert.deepEqual([...sections.keys()].sort(), Object.keys(ERROR_CODES).sort())
})

test('every section says what to do', () => {
  assert.deepEqual(
    [...sections].filter(([, text]) => !/\*\*What to do\.\*\* \S/.test(text)).map(([each]) => each),
    [],
  )
})

test('explain prints one section, in any case and without the E_', async (t) => {
  const folder = await temporaryFolder(t)
  const full = await sluice(t, folder, ['explain', 'E_NO_OUTPUT'])
  const short = await sluice(t, folder, ['explain', 'no_output'])
  assert.equal(full.stdout, `E_NO_OUTPUT\n\n${sections.get('E_NO_OUTPUT')}\n`)
  assert.equal(short.stdout, full.stdout)
})
